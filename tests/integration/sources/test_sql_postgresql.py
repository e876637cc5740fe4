"""Tables and queries of a real PostgreSQL server, over TLS."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi
from tests.integration.sources.sql_fixtures import (
    Connect,
    Loopback,
    opened,
    refusal_without,
    rows,
)
from tests.servers import certificates, postgresql
from tests.servers.postgresql import OWNER, PASSWORD, PostgreSql

from tidewheel_trainer.sources.connector import Connector

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSql]:
    # Not in pytest's folder: each session of pytest closes that to others, such as the server.
    with (
        TemporaryDirectory(prefix="postgresql-") as folder,
        postgresql.running(Path(folder)) as running,
    ):
        yield running


@pytest.fixture
def connect(server: PostgreSql, tmp_path: Path) -> Iterator[Connect]:
    """Return a function that opens a source; all are closed at the end."""
    connectors: list[Connector] = []

    def build(
        username: str = OWNER,
        password: str = PASSWORD,
        authority: str | None = None,
        guard: Loopback | None = None,
        **source: Any,
    ) -> Connector:
        given = {
            "dialect": "PostgreSQL",
            "port": server.port,
            "database": "postgres",
            **source,
        }
        login = {"username": username, "password": password}
        login["ca.crt"] = authority or server.authority
        connectors.append(opened(given, login, tmp_path, guard))
        return connectors[-1]

    yield build
    for source in connectors:
        source.close()


@pytest.fixture
def table(server: PostgreSql) -> Iterator[str]:
    """Return the name of a table with the rows 1, 2^53 + 1, and one without a number."""
    server.execute(
        "CREATE TABLE a (n int8)", "INSERT INTO a VALUES (9007199254740993), (1), (NULL)"
    )
    yield "a"
    server.execute("DROP TABLE IF EXISTS a")


def refusal(ask: Callable[[], object]) -> str:
    return refusal_without(PASSWORD, ask)


def test_a_cursor_reads_only_rows_that_came_after_the_last(
    server: PostgreSql, connect: Connect, table: str, tmp_path: Path
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
        "SELECT 1.50::numeric(10,2) AS d, 1.5::numeric AS n, true AS b, '{\"a\": 1}'::jsonb AS j, "
        "ARRAY[1,2] AS l, ROW(1,'x') AS r, '1.1.1.1'::inet AS i, timestamp 'infinity' AS t -- end"
    )
    source = connect(query=query)
    look = source.look({})
    assert rows(source, look.pieces[0], tmp_path) == [
        {
            "d": Decimal("1.50"),
            "n": 1.5,
            "b": True,
            "j": '{"a": 1}',
            "l": "{1,2}",
            "r": "(1,x)",
            "i": "1.1.1.1/32",
            "t": None,
        }
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"table": "a", "password": "wrong-one"}, "password authentication failed"),
        ({"table": "nowhere"}, 'relation "nowhere" does not exist'),
        ({"table": "a", "database": "none"}, 'database "none" does not exist'),
        ({"query": "SELECT 1 AS a; SELECT 2"}, "must be one SELECT"),
        ({"query": "SELECT pg_sleep(0), 1/0 AS x"}, "division by zero"),
        ({"query": "SELECT 1 AS x", "host": "db.example"}, "does not match host name"),
    ],
)
def test_what_a_person_must_mend_is_told(
    connect: Connect, tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    def ask() -> None:
        source = connect(**given)
        source.land(source.look({}).pieces[0], tmp_path / "landed")

    assert words in refusal(ask)


def test_an_authority_that_did_not_sign_the_certificate_is_refused(
    connect: Connect, tmp_path: Path
) -> None:
    source = connect(query=ENCRYPTED, authority=certificates.make(tmp_path).authority)
    assert "certificate" in refusal(lambda: source.look({}))


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
    source = connect(query=ENCRYPTED, **given)
    assert rows(source, source.look({}).pieces[0], tmp_path) == [{"ssl": is_encrypted}]


def test_a_server_that_is_away_is_asked_again(
    server: PostgreSql, connect: Connect, table: str
) -> None:
    asked: list[int] = []

    def answers() -> Iterator[None]:
        asked.append(1)
        yield
        asked.append(2)
        server.start()
        yield

    server.stop()
    source = connect(table=table, cursor={"column": "n"}, guard=Loopback(answers()))
    try:
        assert source.look({}).new_rows == 2
    finally:
        source.close()
        if server.child is None:
            server.start()
    assert asked == [1, 2]


def test_rows_land_whole_when_the_server_ends_between_look_and_land(
    server: PostgreSql, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table, cursor={"column": "n"})
    look = source.look({})
    server.stop()
    server.start()
    server.execute("INSERT INTO a VALUES (2), (9007199254740994)")
    # The row that came after the look is of the next piece; one in between belongs to this one.
    assert rows(source, look.pieces[0], tmp_path) == [{"n": 1}, {"n": 2}, {"n": 9007199254740993}]


def test_a_table_that_is_dropped_between_look_and_land_is_told_of(
    server: PostgreSql, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table)
    look = source.look({})
    server.execute("DROP TABLE a")
    message = refusal(lambda: source.land(look.pieces[0], tmp_path / "landed"))
    assert 'relation "a" does not exist' in message


def test_a_table_that_was_looked_at_cannot_be_dropped_before_its_rows_are_read(
    server: PostgreSql, connect: Connect, table: str, tmp_path: Path
) -> None:
    source = connect(table=table, cursor={"column": "n"})
    look = source.look({})
    with pytest.raises(dbapi.Error, match="lock timeout"):
        server.execute("SET lock_timeout = '50ms'", "DROP TABLE a")
    assert rows(source, look.pieces[0], tmp_path) == [{"n": 1}, {"n": 9007199254740993}]


def test_a_right_that_is_revoked_between_look_and_land_is_told_of(
    server: PostgreSql, connect: Connect, table: str, tmp_path: Path
) -> None:
    server.execute("CREATE USER reader PASSWORD 'readable'", "GRANT SELECT ON a TO reader")
    source = connect("reader", "readable", table=table)
    look = source.look({})
    server.execute("REVOKE SELECT ON a FROM reader")
    message = refusal(lambda: source.land(look.pieces[0], tmp_path / "landed"))
    assert message == (
        f"the PostgreSQL server 'localhost:{server.port}' refuses (permission denied for table a); "
        "check Secret 'login' and the user's right to read"
    )
