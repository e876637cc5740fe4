"""Patterns of object keys: `*` is any text without a slash, `**` any text, `?` one character.

The pattern stands for the whole of a key after the source's prefix; every other character stands
for itself. `**/` where a folder begins stands for no folder too, so `**/*.csv` matches `a.csv`.
"""

import re
from collections.abc import Callable
from functools import partial

__all__ = ["matcher"]

_WILDCARDS = re.compile(r"(?:(?<=/)|^)\*\*/|\*\*+|\*|\?")
_MEANINGS = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
_ANY = ".*"


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a key matches the pattern."""
    return partial(_matches, re.compile(_expression(pattern), re.DOTALL))


def _matches(expression: re.Pattern[str], key: str) -> bool:
    return expression.fullmatch(key) is not None


def _expression(pattern: str) -> str:
    parts = []
    end = 0
    for wildcard in _WILDCARDS.finditer(pattern):
        parts += [re.escape(pattern[end : wildcard.start()]), _MEANINGS.get(wildcard.group(), _ANY)]
        end = wildcard.end()
    return "".join([*parts, re.escape(pattern[end:])])
