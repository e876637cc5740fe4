"""Storages that store nothing: the loop is level-triggered, so kopf has no state to keep.

They also save the deep copies that kopf makes for a diff that nobody reads: a third of its CPU.
"""

from typing import Any

import kopf

__all__ = ["NoDiffBaseStorage", "NoProgressStorage"]


class NoDiffBaseStorage(kopf.DiffBaseStorage):
    """Remembers no last-handled state."""

    def build(self, **_: Any) -> Any:  # noqa: ANN401 - kopf's own types are private
        """Return an empty essence."""
        return {}

    def fetch(self, **_: Any) -> None:  # noqa: ANN401
        """Return no essence."""

    def store(self, **_: Any) -> None:  # noqa: ANN401
        """Store nothing."""


class NoProgressStorage(kopf.ProgressStorage):
    """Remembers no handler's progress."""

    def fetch(self, **_: Any) -> None:  # noqa: ANN401
        """Return no progress."""

    def store(self, **_: Any) -> None:  # noqa: ANN401
        """Store nothing."""

    def purge(self, **_: Any) -> None:  # noqa: ANN401
        """Purge nothing."""

    def touch(self, **_: Any) -> None:  # noqa: ANN401
        """Touch nothing."""

    def clear(self, *, essence: Any) -> Any:  # noqa: ANN401
        """Return the essence as it is."""
        return essence
