"""Tables of a real MariaDB server, over TLS."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.integration.sources.sql_fixtures import (
    Connect,
    opened,
    refusal_without,
    rows,
)
from tests.servers import mariadb
from tests.servers.mariadb import OWNER, PASSWORD, MariaDb

from tidewheel_trainer.sources.connector import Connector


@pytest.fixture(scope="session")
def server() -> Iterator[MariaDb]:
    # Not in pytest's folder: each session of pytest closes that to others, such as the server.
    with TemporaryDirectory(prefix="mariadb-") as folder, mariadb.running(Path(folder)) as running:
        yield running


@pytest.fixture
def connect(server: MariaDb, tmp_path: Path) -> Iterator[Connect]:
    """Return a function that opens a source; all are closed at the end."""
    connectors: list[Connector] = []

    def build(username: str = OWNER, password: str = PASSWORD, **source: Any) -> Connector:
        given = {
            "dialect": "MySQL",
            "port": server.port,
            "database": "shop",
            **source,
        }
        login = {"username": username, "password": password, "ca.crt": server.authority}
        connectors.append(opened(given, login, tmp_path))
        return connectors[-1]

    yield build
    for source in connectors:
        source.close()


@pytest.fixture
def table(server: MariaDb) -> Iterator[str]:
    """Return the name of a table with the rows 1, 2^53 + 1, and one without a number."""
    server.execute(
        "CREATE TABLE a (n BIGINT)", "INSERT INTO a VALUES (9007199254740993), (1), (NULL)"
    )
    yield "a"
    server.execute("DROP TABLE IF EXISTS a")


def refusal(ask: Callable[[], object]) -> str:
    return refusal_without(PASSWORD, ask)


def test_a_cursor_reads_only_rows_that_came_after_the_last(
    server: MariaDb, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table, cursor={"column": "n"})
    first = source.look({})
    assert first.new_rows == 2
    assert rows(source, first.pieces[0], tmp_path) == [{"n": 1}, {"n": 9007199254740993}]
    server.execute("INSERT INTO a VALUES (9007199254740994)")
    second = source.look(first.position)
    assert rows(source, second.pieces[0], tmp_path) == [{"n": 9007199254740994}]
    third = source.look(second.position)
    assert (third.pieces, third.new_rows, third.fingerprint) == ((), 0, second.fingerprint)
    source.close()


def test_values_keep_their_types(connect: Connect, tmp_path: Path) -> None:
    query = (
        "SELECT CAST(1.5 AS DECIMAL(10,2)) AS d, CAST(18446744073709551615 AS UNSIGNED) AS u, "
        "1e300 AS x, DATE '2026-01-31' AS day, TIMESTAMP '2026-01-31 06:00:00.5' AS t, "
        "FROM_UNIXTIME(0) AS z, 'é' AS s, X'00ff' AS b, NULL AS nothing, JSON_ARRAY(1) AS j -- end"
    )
    source = connect(query=query)
    (found,) = rows(source, source.look({}).pieces[0], tmp_path)
    assert found == {
        "d": Decimal("1.50"),
        "u": Decimal(18446744073709551615),
        "x": 1e300,
        "day": date(2026, 1, 31),
        "t": datetime(2026, 1, 31, 6, 0, 0, 500000),  # noqa: DTZ001
        "z": datetime(1970, 1, 1),  # noqa: DTZ001
        "s": "é",
        "b": b"\x00\xff",
        "nothing": None,
        "j": "[1]",
    }


def test_a_timestamp_is_a_time_in_utc(server: MariaDb, connect: Connect, tmp_path: Path) -> None:
    server.execute(
        "CREATE TABLE moments (t TIMESTAMP NULL)",
        "SET time_zone = '+02:00'",
        "INSERT INTO moments VALUES ('2026-01-31 06:00:00')",
    )
    source = connect(table="moments")
    found = rows(source, source.look({}).pieces[0], tmp_path)
    assert found == [{"t": datetime(2026, 1, 31, 4, tzinfo=UTC)}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"table": "a", "password": "wrong-one"}, "Access denied"),
        ({"table": "nowhere"}, "doesn't exist"),
        ({"table": "a", "database": "none"}, "Unknown database 'none'"),
        ({"query": "SELECT 1 AS a; SELECT 2"}, "must be one SELECT"),
        ({"query": "SELECT nope FROM (SELECT 1) AS x"}, "Unknown column 'nope'"),
        ({"query": "SELECT 1 AS x", "host": "db.example"}, "certificate"),
    ],
)
def test_what_a_person_must_mend_is_told(
    connect: Connect, tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    def ask() -> None:
        source = connect(**given)
        source.land(source.look({}).pieces[0], tmp_path / "landed")

    message = refusal(ask)
    assert words in message
    assert "wrong-one" not in message


@pytest.mark.parametrize(
    ("given", "is_encrypted"),
    [
        ({}, True),
        ({"tls": "Encrypted", "host": "db.example"}, True),
        ({"tls": "Disabled", "host": "db.example"}, False),
    ],
)
def test_a_connection_is_protected_as_the_source_says(
    connect: Connect, tmp_path: Path, given: dict[str, Any], is_encrypted: bool
) -> None:
    query = (
        "SELECT VARIABLE_VALUE <> '' AS encrypted FROM information_schema.SESSION_STATUS "
        "WHERE VARIABLE_NAME = 'Ssl_cipher'"
    )
    source = connect(query=query, **given)
    found = rows(source, source.look({}).pieces[0], tmp_path)
    assert found == [{"encrypted": int(is_encrypted)}]


def test_rows_land_whole_when_the_server_ends_between_look_and_land(
    server: MariaDb, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table, cursor={"column": "n"})
    look = source.look({})
    server.stop()
    server.start()
    server.execute("INSERT INTO a VALUES (2), (9007199254740994)")
    assert rows(source, look.pieces[0], tmp_path) == [{"n": 1}, {"n": 2}, {"n": 9007199254740993}]


def test_a_table_that_is_dropped_between_look_and_land_is_told_of(
    server: MariaDb, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table)
    look = source.look({})
    server.execute("DROP TABLE a")
    message = refusal(lambda: source.land(look.pieces[0], tmp_path / "landed"))
    assert "Table 'shop.a' doesn't exist" in message
