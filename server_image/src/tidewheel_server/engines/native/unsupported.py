"""What the native engine says of a model that it cannot compute exactly."""

__all__ = ["UnsupportedError"]


class UnsupportedError(Exception):
    """The model holds something that the native engine does not know; the message names it."""
