"""Hypothesis strategies of specs with one thing wrong, and which field that is."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.faults.specs.rules import OF_CHANGES, RULES
from tests.faults.specs.schemas import keeps_unknown, pattern_of, takes_any
from tests.faults.specs.valid_specs import HOSTILE, Words, valid_values

__all__ = ["OVERFLOWING", "Broken", "broken_values", "changes", "sites", "to_json"]

Object = dict[str, Any]
Path = tuple[str | int, ...]

# Stands for a number that Python's JSON cannot write: `to_json` puts it in without quotes.
OVERFLOWING = "<1e400>"
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Broken:
    """A spec that must be refused; `named` is what the refusal has to name."""

    spec: Any
    named: str
    how: str


@dataclass(frozen=True, slots=True)
class _Site:
    """One place in a value, and what the schema says of it."""

    path: Path
    schema: Object
    value: Any


@dataclass(frozen=True, slots=True)
class _Change:
    path: Path
    value: Any
    how: str
    named: str = ""


def broken_values(schema: Object, words: Words | None = None) -> st.SearchStrategy[Broken]:
    """Return a strategy of specs that obey a schema but for one change."""
    return valid_values(schema, words).flatmap(
        lambda spec: st.sampled_from(list(changes(schema, spec))).map(
            lambda change: _changed(spec, change)
        )
    )


def to_json(text: str) -> str:
    """Put the numbers that only raw JSON can hold in place of what stands for them."""
    return text.replace(f'"{OVERFLOWING}"', "1e400")


def sites(schema: Object, value: Any, path: Path = ()) -> Iterator[_Site]:
    """Return all places of a value that the schema describes."""
    if takes_any(schema):
        return
    yield _Site(path, schema, value)
    if isinstance(value, dict) and not keeps_unknown(schema):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                yield from sites(child, value[name], (*path, name))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from sites(schema["items"], item, (*path, index))


def changes(schema: Object, spec: Any) -> Iterator[_Change]:
    """Yield every single change that makes a valid spec a broken one."""
    for site in sites(schema, spec):
        yield from _wrong_types(site)
        yield from _wrong_rules(site)
        kinds = {
            "object": _wrong_objects,
            "array": _wrong_lists,
            "string": _wrong_strings,
            "integer": _wrong_integers,
            "boolean": _nothing,
        }
        yield from kinds[site.schema["type"]](site)


def _wrong_types(site: _Site) -> Iterator[_Change]:
    others: dict[str, Any] = {
        "object": {"a": 1},
        "array": [1],
        "string": "text",
        "integer": 7,
        "boolean": True,
    }
    for kind, value in others.items():
        if kind != site.schema["type"]:
            yield _Change(site.path, value, f"{kind} in place of {site.schema['type']}")
    if site.schema["type"] != "object":
        yield _Change(site.path, _nested(200), "nesting of 200 levels")


def _wrong_rules(site: _Site) -> Iterator[_Change]:
    for item in site.schema.get("x-kubernetes-validations", ()):
        rule = RULES.get(item["rule"])
        if rule is not None and item["rule"] not in OF_CHANGES:
            value = copy.deepcopy(site.value)
            rule.break_it(value)
            yield _Change(site.path, value, f"breaks `{item['rule']}`")


def _wrong_objects(site: _Site) -> Iterator[_Change]:
    if keeps_unknown(site.schema):
        many = {f"p{number}": 1 for number in range(site.schema["maxProperties"] + 1)}
        yield _Change(site.path, many, "too many fields")
        return
    for name in ("unknownField", "", "metadata", "a\nb"):
        if name not in site.schema.get("properties", {}):
            named = f"{_dotted(site.path)}.{name}"
            yield _Change((*site.path, name), "x", "unknown field", named)
    for name in site.schema.get("required", ()):
        yield _Change((*site.path, name), _MISSING, "missing field")


def _wrong_lists(site: _Site) -> Iterator[_Change]:
    least, most = site.schema.get("minItems", 0), site.schema.get("maxItems")
    if least:
        yield _Change(site.path, [], "too few items")
    if site.value and site.schema.get("x-kubernetes-list-type") in ("set", "map"):
        yield _Change(site.path, [*site.value, site.value[0]], "an item twice")
    if most is not None and site.schema["items"].get("type") == "string":
        yield _Change(site.path, [f"c{number}" for number in range(most + 1)], "too many items")


def _wrong_strings(site: _Site) -> Iterator[_Change]:
    schema, pattern = site.schema, pattern_of(site.schema)
    yield _Change(site.path, OVERFLOWING, "number beyond every type", "1e400")
    if "enum" in schema:
        yield _Change(site.path, "Nonsense", "no value of the enumeration")
        return
    if schema.get("minLength", 0) > 0:
        yield _Change(site.path, "", "too short")
    if "maxLength" in schema:
        yield _Change(site.path, "x" * (schema["maxLength"] + 1), "too long")
    if schema.get("format") == "date-time":
        yield _Change(site.path, "tomorrow", "no time")
    if pattern is not None:
        for text in HOSTILE:
            if re.fullmatch(pattern, text) is None:
                yield _Change(site.path, text, "does not match the pattern")


def _wrong_integers(site: _Site) -> Iterator[_Change]:
    schema = site.schema
    yield _Change(site.path, 1.5, "a fraction")
    yield _Change(site.path, 10**30, "number beyond 64 bits")
    yield _Change(site.path, OVERFLOWING, "number beyond every type", "1e400")
    if "minimum" in schema:
        yield _Change(site.path, schema["minimum"] - 1, "too small")
    if "maximum" in schema:
        yield _Change(site.path, schema["maximum"] + 1, "too large")


def _nothing(_: _Site) -> Iterator[_Change]:
    return iter(())


def _nested(levels: int) -> Object:
    value: Object = {}
    for _ in range(levels):
        value = {"inner": value}
    return value


def _changed(spec: Any, change: _Change) -> Broken:
    named = change.named or _dotted(change.path)
    if not change.path:
        return Broken(change.value, named, change.how)
    after = copy.deepcopy(spec)
    parent = after
    for part in change.path[:-1]:
        parent = parent[part]
    if change.value is _MISSING:
        del parent[change.path[-1]]
    else:
        parent[change.path[-1]] = change.value
    return Broken(after, named, change.how)


def _dotted(path: Path) -> str:
    return "spec" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
