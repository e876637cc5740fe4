"""Hypothesis strategies made of structural schemas: every value they give is to be accepted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from tests.faults.specs.rules import obey
from tests.faults.specs.schemas import keeps_unknown, pattern_of, takes_any

__all__ = ["HOSTILE", "Words", "any_json", "valid_values"]

Object = dict[str, Any]
# Strategies for fields by their name, in place of what the schema would give; `version.number` is
# any `number` below a `version`.
Words = Mapping[str, st.SearchStrategy[Any]]

# What templates, shells, terminals, log lines and C strings take for something else.
HOSTILE = (
    "a\u0000b",
    "line\nbreak\r\n",
    "\u202edlrow\u202c",
    "\U0001f980" * 20,
    "${HOME}",
    "$(id)",
    "{{ .Values.x }}",
    "%s%n",
    "\u001b[31mred",
    '"; DROP TABLE x; --',
    "../../etc/passwd",
    "xn--e1afmkfd",
    " ",
    "null",
)
# Longer lists say nothing new, except about the limits, which the invalid specs look for.
_LONGEST_LIST = 3
_LATEST = datetime(2030, 1, 1)  # noqa: DTZ001 - Hypothesis takes naive bounds


def valid_values(schema: Object, words: Words | None = None) -> st.SearchStrategy[Any]:
    """Return a strategy of values that obey a schema and the rules between its fields."""
    return _values(schema, words or {}).map(lambda value: obey(schema, value))


def any_json(depth: int = 3) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON as the API server stores it unchanged."""
    return st.recursive(
        any_scalar(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(_text(1, 20), inner, max_size=3)
        ),
        max_leaves=depth * 3,
    )


def any_scalar() -> st.SearchStrategy[Any]:
    """Return a strategy of JSON without parts."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        _text(0, 40),
    )


def _values(schema: Object, words: Words) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if takes_any(schema):
        return any_scalar()
    kinds = {
        "object": _objects,
        "array": _lists,
        "string": _strings,
        "integer": _integers,
        "boolean": _booleans,
    }
    # A type that is not here is one that no kind had when this was written.
    return kinds[schema["type"]](schema, words)


def _objects(schema: Object, words: Words) -> st.SearchStrategy[Any]:
    if keeps_unknown(schema):
        most = min(_LONGEST_LIST, schema.get("maxProperties", _LONGEST_LIST))
        return st.dictionaries(_text(1, 20), any_json(), max_size=most)
    required = schema.get("required", ())
    fields = {
        name: words[name] if name in words else _values(child, _words_below(words, name))
        for name, child in schema.get("properties", {}).items()
    }
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


def _words_below(words: Words, name: str) -> Words:
    prefix = f"{name}."
    inner = {
        key.removeprefix(prefix): word for key, word in words.items() if key.startswith(prefix)
    }
    return {**words, **inner}


def _lists(schema: Object, words: Words) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", _LONGEST_LIST), max(least, _LONGEST_LIST))
    items = _values(schema["items"], words)
    kind = schema.get("x-kubernetes-list-type", "atomic")
    if kind == "map":
        keys = schema["x-kubernetes-list-map-keys"]
        return st.lists(
            items,
            min_size=least,
            max_size=most,
            unique_by=lambda item: tuple(item.get(key) for key in keys),
        )
    return st.lists(items, min_size=least, max_size=most, unique=kind == "set")


def _strings(schema: Object, _: Words) -> st.SearchStrategy[Any]:
    most = schema.get("maxLength", 1000)
    pattern = pattern_of(schema)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= most)
    if schema.get("format") == "date-time":
        moments = st.datetimes(max_value=_LATEST, timezones=st.just(UTC))
        return moments.map(lambda moment: moment.strftime("%04Y-%m-%dT%H:%M:%SZ"))
    return _text(schema.get("minLength", 0), most)


def _text(least: int, most: int) -> st.SearchStrategy[str]:
    drawn = st.text(min_size=least, max_size=min(most, 60))
    hostile = [text for text in HOSTILE if least <= len(text) <= most]
    # The longest text that fits, in letters of four bytes: limits count characters, not bytes.
    longest = st.just("\U0001f980" * most) if most <= _MOST_LETTERS else st.nothing()
    return st.one_of(drawn, st.sampled_from(hostile), longest)


_MOST_LETTERS = 200


def _integers(schema: Object, _: Words) -> st.SearchStrategy[Any]:
    least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
    return st.one_of(st.integers(least, most), st.sampled_from((least, most)))


def _booleans(_: Object, __: Words) -> st.SearchStrategy[Any]:
    return st.booleans()
