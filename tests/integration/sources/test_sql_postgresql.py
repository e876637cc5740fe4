"""Tables and queries of a real PostgreSQL server, over TLS."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.servers import postgresql
from tests.servers.postgresql import PASSWORD, PostgreSql

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context
from tidewheel_trainer.sources.sql import open_sql


class Loopback:
    def address_of(self, host: str, port: int) -> str:
        return "127.0.0.1"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSql]:
    with postgresql.running(tmp_path_factory.mktemp("postgresql")) as running:
        yield running


def connector(
    server: PostgreSql, folder: Path, password: str = PASSWORD, **source: Any
) -> Connector:
    given = {
        "dialect": "PostgreSQL",
        "host": "localhost",
        "port": server.port,
        "database": "postgres",
        "secret_name": "login",
        **source,
    }
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    login = {"username": "owner", "password": password, "ca.crt": server.authority}
    context = Context(S3Store(spec, keys, attempts=1), spec, login, Loopback(), folder)
    return open_sql(SqlSource.model_validate(given), context)


def rows(source: Connector, piece: Any, folder: Path) -> list[dict[str, Any]]:
    source.land(piece, folder / "landed")
    found: list[dict[str, Any]] = pq.read_table(folder / "landed").to_pylist()
    return found


def test_a_cursor_reads_only_rows_that_came_after_the_last(
    server: PostgreSql, tmp_path: Path
) -> None:
    server.execute(
        "CREATE TABLE a (n int8)", "INSERT INTO a VALUES (9007199254740993), (1), (NULL)"
    )
    source = connector(server, tmp_path, table="a", cursor={"column": "n"})
    first = source.look({})
    assert first.new_rows == 2
    assert rows(source, first.pieces[0], tmp_path) == [{"n": 1}, {"n": 9007199254740993}]
    server.execute("INSERT INTO a VALUES (9007199254740994)")
    second = source.look(first.position)
    assert rows(source, second.pieces[0], tmp_path) == [{"n": 9007199254740994}]
    third = source.look(second.position)
    assert (third.pieces, third.new_rows, third.fingerprint) == ((), 0, second.fingerprint)
    source.close()


def test_values_keep_their_types(server: PostgreSql, tmp_path: Path) -> None:
    query = (
        "SELECT 1.50::numeric(10,2) AS d, 1.5::numeric AS n, true AS b, '{\"a\": 1}'::jsonb AS j, "
        "ARRAY[1,2] AS l, ROW(1,'x') AS r, '1.1.1.1'::inet AS i, timestamp 'infinity' AS t -- end"
    )
    source = connector(server, tmp_path, query=query)
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
    source.close()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"table": "a", "password": "wrong-one"}, "password authentication failed"),
        ({"table": "nowhere"}, 'relation "nowhere" does not exist'),
        ({"table": "a", "database": "none"}, 'database "none" does not exist'),
        ({"query": "SELECT 1 AS a; SELECT 2"}, "must be one SELECT"),
        ({"query": "SELECT pg_sleep(0), 1/0 AS x"}, "division by zero"),
    ],
)
def test_what_a_person_must_mend_is_told(
    server: PostgreSql, tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(TrainerError) as caught:  # noqa: PT012  each step may tell it
        source = connector(server, tmp_path, **given)
        source.land(source.look({}).pieces[0], tmp_path / "landed")
    assert caught.value.reason is FailureReason.SOURCE_REFUSED
    assert words in caught.value.message
    assert PASSWORD not in caught.value.message
