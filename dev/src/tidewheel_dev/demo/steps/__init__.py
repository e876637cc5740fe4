"""The steps a to e of the demo, one module each; every step returns what it found."""
