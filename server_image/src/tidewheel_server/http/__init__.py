"""HTTP/1.1 by itself: bytes, messages and connections; it knows no model."""
