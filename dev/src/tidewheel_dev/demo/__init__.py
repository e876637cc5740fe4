"""The demo: the whole loop on real flights, step by step; the end-to-end tests run its steps."""
