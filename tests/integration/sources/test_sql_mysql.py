"""Tables of a real MariaDB server, over TLS."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.servers import mariadb
from tests.servers.mariadb import PASSWORD, MariaDb

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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    with mariadb.running(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


def connector(server: MariaDb, folder: Path, password: str, **source: Any) -> Connector:
    given = {"dialect": "MySQL", "host": "localhost", "port": server.port, "database": "shop"}
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    login = {"username": "owner", "password": password, "ca.crt": server.authority}
    context = Context(S3Store(spec, keys, attempts=1), spec, login, Loopback(), folder)
    return open_sql(SqlSource.model_validate({**given, "secret_name": "login", **source}), context)


def test_a_cursor_reads_new_rows_with_their_types(server: MariaDb, tmp_path: Path) -> None:
    server.execute(
        "CREATE TABLE a (n BIGINT, d DECIMAL(10,2), t TIMESTAMP NULL, s TEXT)",
        "INSERT INTO a VALUES (9007199254740993, 1.50, '2026-01-31 06:00:00', 'é')",
        "INSERT INTO a VALUES (NULL, 1, NULL, '')",
    )
    source = connector(server, tmp_path, PASSWORD, table="a", cursor={"column": "n"})
    first = source.look({})
    source.land(first.pieces[0], tmp_path / "landed")
    moment = datetime(2026, 1, 31, 6, tzinfo=UTC)
    row = {"n": 9007199254740993, "d": Decimal("1.50"), "t": moment, "s": "é"}
    assert pq.read_table(tmp_path / "landed").to_pylist() == [row]
    assert source.look(first.position).pieces == ()
    source.close()


def test_a_wrong_password_is_told_without_it(server: MariaDb, tmp_path: Path) -> None:
    with pytest.raises(TrainerError) as caught:
        connector(server, tmp_path, "wrong-one", table="a").look({})
    assert caught.value.reason is FailureReason.SOURCE_REFUSED
    assert "wrong-one" not in caught.value.message
