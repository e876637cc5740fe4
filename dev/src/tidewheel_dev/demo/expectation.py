"""The demo shows what is promised; where a promise breaks it stops and says which."""

from __future__ import annotations

from tidewheel_dev import errors

__all__ = ["BrokenPromiseError", "expect"]


class BrokenPromiseError(errors.DevError):
    """Tidewheel did something else than it should."""


def expect(holds: bool, promise: str, found: object) -> None:
    """Stop the demo unless the promise holds."""
    if not holds:
        raise BrokenPromiseError(f"expected: {promise}; found: {found}")
