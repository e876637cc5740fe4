"""What is wrong with a request, as a value."""

from dataclasses import dataclass

__all__ = ["Invalid"]


@dataclass(frozen=True, slots=True)
class Invalid:
    """One sentence for the sender, and the HTTP status that fits it."""

    message: str
    status: int = 400
