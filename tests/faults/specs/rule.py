"""A rule between fields: how to obey it and how to break it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Rule"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """Both functions change the object that they are given."""

    obey: Callable[[Object], object]
    break_it: Callable[[Object], object]
