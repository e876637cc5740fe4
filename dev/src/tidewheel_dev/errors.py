"""The one error that a developer sees as a sentence instead of a traceback."""

from __future__ import annotations

__all__ = ["DevError"]


class DevError(Exception):
    """Something on this machine must change before the command can go on."""
