"""What the server counts of itself and its model."""
