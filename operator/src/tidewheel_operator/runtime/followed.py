"""Which kinds of others are watched: only of those does absence from the cache mean something."""

from tidewheel_operator.runtime.resources import Resource

__all__ = ["Followed"]


class Followed:
    """Kinds that may be served or not, and why one of them cannot be read."""

    def __init__(self) -> None:
        self._problems: dict[Resource, str | None] = {}

    def has(self, resource: Resource) -> None:
        """Note that a kind is read and watched from now on."""
        self._problems[resource] = None

    def lacks(self, resource: Resource, problem: str) -> None:
        """Note why a kind cannot be read."""
        self._problems[resource] = problem

    def problem(self, resource: Resource) -> str | None:
        """Return why a kind is not watched, empty before the first look; nothing if it is."""
        return self._problems.get(resource, "")
