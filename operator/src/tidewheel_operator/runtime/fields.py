"""Reading objects that nobody has checked: another release's schema may have let them in."""

from typing import Any

__all__ = ["field_at", "object_at", "text_at"]

Object = dict[str, Any]


def field_at(item: object, *path: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return what is at a path of field names; nothing where one of them is not an object."""
    for name in path:
        if not isinstance(item, dict):
            return None
        item = item.get(name)
    return item


def text_at(item: object, *path: str) -> str | None:
    """Return the text at a path, if there is one that is not empty."""
    found = field_at(item, *path)
    return found if isinstance(found, str) and found else None


def object_at(item: object, *path: str) -> Object:
    """Return the object at a path; an empty one if there is none."""
    found = field_at(item, *path)
    return found if isinstance(found, dict) else {}
