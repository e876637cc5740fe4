"""From the store to a model that has proved itself."""
