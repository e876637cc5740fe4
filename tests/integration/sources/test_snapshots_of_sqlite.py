"""Versions of an SQLite file become snapshots of a data set."""

import sqlite3
from contextlib import closing

from tests.integration.sources.table_fixtures import Lake, lake, lake_endpoint
from tests.integration.sources.test_snapshots_of_tables import Collections

__all__ = ["lake", "lake_endpoint"]


def upload(lake: Lake, *statements: str) -> None:
    """Change the database, and put its file into the bucket."""
    file = lake.scratch / "local.sqlite"
    with closing(sqlite3.connect(file)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    lake.put(f"{lake.prefix}/orders.sqlite", file.read_bytes())


def sqlite_source(lake: Lake, **given: object) -> dict[str, object]:
    key = f"{lake.prefix}/orders.sqlite"
    return {"sql": {"dialect": "SQLite", "key": key, "table": "orders", **given}}


def test_rows_after_the_cursor_are_added_to_those_before(lake: Lake) -> None:
    upload(
        lake,
        "CREATE TABLE orders (id INTEGER, price DECIMAL(9,2), late BOOLEAN, note)",
        "INSERT INTO orders VALUES (1, 2, 1, NULL), (2, 3, 0, NULL)",
    )
    collections = Collections(lake, sqlite_source(lake, cursor={"column": "id"}))
    first = collections.collect()
    assert collections.collect() == first
    # Numbers that are whole by chance, and values in a column that had none, change no type.
    upload(
        lake,
        "DELETE FROM orders WHERE id = 1",
        "INSERT INTO orders VALUES (3, 1.5, NULL, 'new')",
    )
    second = collections.collect()

    assert sorted(collections.rows(second), key=lambda row: row["id"]) == [
        {"id": 1, "price": 2.0, "late": 1, "note": None},
        {"id": 2, "price": 3.0, "late": 0, "note": None},
        {"id": 3, "price": 1.5, "late": None, "note": "new"},
    ]
    assert set(first.parts) < set(second.parts)


def test_without_a_cursor_a_snapshot_follows_what_is_in_the_file(lake: Lake) -> None:
    upload(
        lake, "CREATE TABLE orders (id INTEGER, late)", "INSERT INTO orders VALUES (1, 1), (2, 0)"
    )
    collections = Collections(lake, sqlite_source(lake))
    first = collections.collect()
    assert collections.collect() == first
    upload(lake, "DELETE FROM orders WHERE id = 1", "INSERT INTO orders VALUES (3, 1)")
    second = collections.collect()
    assert [row["id"] for row in collections.rows(second)] == [2, 3]
