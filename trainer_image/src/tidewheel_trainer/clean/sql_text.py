"""Look at what a person wrote in SQL before it runs: what it is, and what it reads.

DuckDB parses the text and tells its tree as JSON. What is not one expression of single rows, or not
one SELECT over `input`, is refused with a sentence; so is what would answer otherwise another time.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import duckdb

from tidewheel_trainer.clean.faults import step_failed

__all__ = ["columns_of_expression", "is_ordered_query"]

_OTHER_EACH_TIME = frozenset(
    {
        "current_connection_id",
        "current_database",
        "current_date",
        "current_localtime",
        "current_localtimestamp",
        "current_query",
        "current_query_id",
        "current_role",
        "current_schema",
        "current_schemas",
        "current_setting",
        "current_time",
        "current_timestamp",
        "current_transaction_id",
        "current_user",
        "currval",
        "gen_random_uuid",
        "get_current_time",
        "get_current_timestamp",
        "getvariable",
        "localtime",
        "localtimestamp",
        "nextval",
        "now",
        "pg_backend_pid",
        "random",
        "session_user",
        "setseed",
        "setval",
        "sleep_ms",
        "stats",
        "today",
        "transaction_timestamp",
        "txid_current",
        "user",
        "uuid",
        "uuidv4",
        "uuidv7",
        "version",
        "write_log",
    }
)
# Functions that give rows, where a query may read from them.
_ROW_MAKERS = frozenset({"range", "generate_series", "unnest", "repeat"})
_TABLE_TYPES = frozenset(
    {"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT"}
)
_NOT_OF_ONE_ROW = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "`*` or COLUMNS",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column's number",
    "DEFAULT": "DEFAULT",
}
Node = dict[str, Any]


def columns_of_expression(
    session: duckdb.DuckDBPyConnection, text: str, columns: Sequence[str], place: str
) -> list[str]:
    """Return the columns that one expression of single rows reads.

    Raises:
        TrainerError: StepFailed, when it is not one, or reads what is not there.
    """
    # A line of its own, so that a comment at its end hides nothing of ours.
    for query in (f"SELECT {text}\n", f"SELECT (\n{text}\n)"):
        tree = _tree(session, query, place)
        if not _is_bare_expression(tree):
            raise step_failed(place, "must be one expression, without AS, FROM or other clauses")
    expression = tree["select_list"][0]
    for node in _nodes(expression):
        if node.get("class") in _NOT_OF_ONE_ROW:
            what = _NOT_OF_ONE_ROW[node["class"]]
            raise step_failed(place, f"{what} cannot be used here, only values of the same row")
    called = set(_called(expression))
    several = called & {"unnest", "generate_subscripts"} | called & _aggregates()
    if several:
        raise step_failed(
            place, f"{min(several)}() needs or makes several rows; use it in a `sql` step"
        )
    _refuse_other_each_time(expression, place, columns)
    return _read_columns(expression, columns, place)


def is_ordered_query(
    session: duckdb.DuckDBPyConnection, text: str, columns: Sequence[str], place: str
) -> bool:
    """Return whether a query over `input` says the order of its answer.

    Raises:
        TrainerError: StepFailed, when it is not one SELECT, or reads anything but `input`.
    """
    tree = _tree(session, text, place)
    _refuse_other_each_time(tree, place, columns)
    own = {"input"} | {entry["key"].lower() for node in _nodes(tree) for entry in _own_tables(node)}
    for node in _nodes(tree):
        if node.get("sample") is not None:
            raise step_failed(place, "USING SAMPLE cannot be used; add a `sample` step")
        if node.get("class") == "PARAMETER":
            raise step_failed(place, "a parameter cannot be used: nothing gives it a value")
        # Expressions have a class, and what is read from has a place for a sample.
        if "class" not in node and "sample" in node and "alias" in node:
            _refuse_foreign(node, own, place)
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in tree["modifiers"])


def _tree(session: duckdb.DuckDBPyConnection, query: str, place: str) -> Node:
    """Return the tree of the one SELECT that the text is."""
    ((text,),) = session.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    answer = json.loads(text)
    if answer.get("error_type") == "not implemented":
        raise step_failed(place, "must be a SELECT, without PIVOT")
    if answer.get("error", True):
        raise step_failed(place, answer.get("error_message", "is no SQL").splitlines()[0])
    if len(answer["statements"]) != 1:
        raise step_failed(place, f"must be one statement, not {len(answer['statements'])}")
    tree: Node = answer["statements"][0]["node"]
    return tree


def _is_bare_expression(tree: Node) -> bool:
    expressions = tree.get("select_list", [])
    return (
        tree["type"] == "SELECT_NODE"
        and len(expressions) == 1
        and not expressions[0]["alias"]
        and tree["from_table"]["type"] == "EMPTY"
        and not tree["modifiers"]
        and not tree["cte_map"]["map"]
        and not tree["group_expressions"]
        and not any(tree[clause] for clause in ("where_clause", "having", "sample", "qualify"))
    )


def _nodes(value: Any) -> Iterator[Node]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)


def _called(tree: Node) -> Iterator[str]:
    return (node["function_name"].lower() for node in _nodes(tree) if node.get("function_name"))


@cache
def _aggregates() -> frozenset[str]:
    """Return the names of functions of many rows; DuckDB takes a while to list them."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = "
            "'aggregate' EXCEPT SELECT function_name FROM duckdb_functions() WHERE function_type = "
            "'scalar'"
        ).fetchall()
    return frozenset(name for (name,) in found)


def _refuse_other_each_time(tree: Node, place: str, columns: Sequence[str]) -> None:
    """Refuse clocks and dice; some of them are written as if they were columns."""
    known = {column.lower() for column in columns}
    named = {
        node["column_names"][0].lower()
        for node in _nodes(tree)
        if node.get("class") == "COLUMN_REF" and len(node["column_names"]) == 1
    }
    found = set(_called(tree)) & _OTHER_EACH_TIME | (named - known) & _OTHER_EACH_TIME
    found |= {
        "age of one value"
        for node in _nodes(tree)
        if node.get("function_name") == "age" and len(node["arguments"]) == 1
    }
    if found:
        raise step_failed(
            place,
            f"{min(found)} gives another answer each time, and the same source must give the same "
            "snapshot; write a fixed value instead",
        )


def _read_columns(expression: Node, columns: Sequence[str], place: str) -> list[str]:
    by_lower: dict[str, list[str]] = {}
    for column in columns:
        by_lower.setdefault(column.lower(), []).append(column)
    # Parameters of a lambda look like columns.
    local = {
        name.lower()
        for node in _nodes(expression)
        if node.get("class") == "LAMBDA"
        for part in _nodes(node["lhs"])
        for name in part.get("column_names", [])
    }
    read: dict[str, None] = {}
    for node in _nodes(expression):
        if node.get("class") != "COLUMN_REF":
            continue
        path = [name.lower() for name in node["column_names"]]
        name = path[1] if path[0] == "input" and len(path) > 1 else path[0]
        found = by_lower.get(name, [])
        if len(found) > 1:
            raise step_failed(
                place,
                f"columns {found[0]!r} and {found[1]!r} are one name in SQL; rename one of them "
                "by a step before",
            )
        if not found and name not in local:
            raise step_failed(place, f"there is no column {name!r}; there are {_shown(columns)}")
        read.update(dict.fromkeys(found))
    return list(read)


def _shown(columns: Sequence[str], most: int = 20) -> str:
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return ", ".join(columns[:most]) + more


def _own_tables(node: Node) -> list[Node]:
    """Return the tables that a query makes itself, by WITH."""
    ctes = node.get("cte_map")
    return ctes["map"] if isinstance(ctes, dict) else []


def _refuse_foreign(source: Node, own: set[str], place: str) -> None:
    kind = source.get("type")
    if kind == "BASE_TABLE":
        name = ".".join(source["qualified_name"]["path"])
        if name.lower() not in own:
            raise step_failed(place, f"reads {name!r}; the only table is `input`")
    elif kind == "TABLE_FUNCTION":
        name = source["function"]["function_name"]
        if name.lower() not in _ROW_MAKERS:
            raise step_failed(place, f"reads from {name}(); the only table is `input`")
    elif kind not in _TABLE_TYPES:
        raise step_failed(place, f"{kind} cannot be read from; the only table is `input`")
