"""The rules of sources, steps, checks and splits of a Dataset."""

import copy
from typing import Any

from tests.faults.specs.rule import Rule

__all__ = ["RULES_OF_DATA"]

Object = dict[str, Any]

_SOURCES = ("s3", "sql", "table", "mongo", "http", "stream")
_PAGES = ("link", "offset", "token")
_SPLITS = ("time", "hash", "column")
_STEPS = (
    "dropDuplicates",
    "dropNulls",
    "fillNulls",
    "filter",
    "derive",
    "cast",
    "rename",
    "select",
    "sample",
    "clip",
    "sql",
)


def _expression(names: tuple[str, ...]) -> str:
    return f"[{', '.join(f'has(self.{name})' for name in names)}].filter(x, x).size() == 1"


def _one_of(names: tuple[str, ...], default: Object) -> Rule:
    """Return the rule of which one field alone is given; `default` when there is none."""

    def obey(value: Object) -> None:
        present = [name for name in names if name in value]
        for name in present[1:]:
            del value[name]
        if not present:
            value.update(copy.deepcopy(default))

    return Rule(obey, lambda value: value.clear())


def _split_with_time(spec: Object) -> None:
    if "time" not in spec:
        spec.get("split", {}).pop("time", None)


def _age_with_time(spec: Object) -> None:
    if "time" not in spec:
        spec.get("checks", {}).pop("maximumAgeSeconds", None)


def _without_time(spec: Object, **fields: Object) -> None:
    spec.pop("time", None)
    spec.update(fields)


def _rows_in_order(checks: Object) -> None:
    names = ("minimumRows", "maximumRows")
    if all(name in checks for name in names):
        checks.update(zip(names, sorted(checks[name] for name in names), strict=True))


def _is_json(http: Object) -> bool:
    return bool(http.get("format", "Json") == "Json")


def _rows_of_json(http: Object) -> None:
    if not _is_json(http):
        http.pop("rows", None)


def _token_of_json(http: Object) -> None:
    if not _is_json(http) and "token" in http.get("pages", {}):
        del http["pages"]


def _link_of_json(http: Object) -> None:
    if not _is_json(http) and "field" in http.get("pages", {}).get("link", {}):
        del http["pages"]


def _table_or_query(sql: Object) -> None:
    if "table" in sql:
        sql.pop("query", None)
    else:
        sql.setdefault("query", "SELECT 1 AS late")


def _server_or_file(sql: Object) -> None:
    is_file = sql["dialect"] == "SQLite"
    sql.pop("host" if is_file else "key", None)
    sql.setdefault(*(("key", "raw/flights.sqlite") if is_file else ("host", "database")))


def _secret_of_server(sql: Object) -> None:
    if sql["dialect"] != "SQLite":
        sql.setdefault("secretName", "database")


def _without_secret(sql: Object) -> None:
    sql.pop("secretName", None)
    sql.update(dialect="MySQL")


_TOKEN = {"token": {"parameter": "after", "field": "next"}}
RULES_OF_DATA = {
    "!has(self.split) || !has(self.split.time) || has(self.time)": Rule(
        _split_with_time, lambda spec: _without_time(spec, split={"time": {}})
    ),
    "!has(self.checks) || !has(self.checks.maximumAgeSeconds) || has(self.time)": Rule(
        _age_with_time, lambda spec: _without_time(spec, checks={"maximumAgeSeconds": 60})
    ),
    "!has(self.minimumRows) || !has(self.maximumRows) || self.minimumRows <= self.maximumRows": (
        Rule(_rows_in_order, lambda checks: checks.update(minimumRows=2, maximumRows=1))
    ),
    _expression(_SOURCES): _one_of(_SOURCES, {"s3": {"prefix": "raw/"}}),
    "!has(self.rows) || self.format == 'Json'": Rule(
        _rows_of_json, lambda http: http.update(rows="items", format="Csv")
    ),
    "!has(self.pages) || !has(self.pages.token) || self.format == 'Json'": Rule(
        _token_of_json, lambda http: http.update(pages=copy.deepcopy(_TOKEN), format="Csv")
    ),
    "!has(self.pages) || !has(self.pages.link) || !has(self.pages.link.field) || "
    "self.format == 'Json'": Rule(
        _link_of_json, lambda http: http.update(pages={"link": {"field": "next"}}, format="Csv")
    ),
    _expression(_PAGES): _one_of(_PAGES, {"link": {}}),
    "has(self.table) != has(self.query)": Rule(
        _table_or_query, lambda sql: sql.update(table="flights", query="SELECT 1")
    ),
    "self.dialect == 'SQLite' ? has(self.key) && !has(self.host) : has(self.host) && "
    "!has(self.key)": Rule(
        _server_or_file, lambda sql: sql.update(dialect="SQLite", host="database")
    ),
    "self.dialect == 'SQLite' || has(self.secretName)": Rule(_secret_of_server, _without_secret),
    "has(self.kafka) != has(self.nats)": _one_of(
        ("kafka", "nats"), {"nats": {"servers": ["nats:4222"], "stream": "flights"}}
    ),
    _expression(_SPLITS): _one_of(_SPLITS, {"hash": {"columns": ["customer"]}}),
    _expression(_STEPS): _one_of(_STEPS, {"dropDuplicates": {}}),
    "has(self.minimum) || has(self.maximum)": Rule(
        lambda clip: clip.setdefault("minimum", "0"),
        lambda clip: [clip.pop(name, None) for name in ("minimum", "maximum")],
    ),
}
