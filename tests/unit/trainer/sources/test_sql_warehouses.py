"""Warehouses: what is said without a driver, and the reading path.

No warehouse runs here. Reading goes through SQLAlchemy's dialect of SQLite, which proves streaming,
batches, types, cursor and messages, but nothing of the warehouses' own drivers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_databases import SqlDialect, SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Guard, Unguarded
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.sql import SqlConnector, open_sql
from tidewheel_trainer.sources.sql_cursor import CursorValue
from tidewheel_trainer.sources.sql_warehouse_address import PROFILES, Address
from tidewheel_trainer.sources.sql_warehouses import Warehouse

SECRET = "n0t-t0-be-t0ld"
LOGIN = {"username": "reader", "password": SECRET, "token": SECRET}
MOMENT = CursorValue("zoned time", "2026-01-31 05:00:00+00:00")


class Forbidding:
    def address_of(self, host: str, port: int) -> str:
        raise TrainerError(FailureReason.SOURCE_FORBIDDEN, f"{host}:{port} is forbidden")


def context(folder: Path, guard: Guard) -> Context:
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    store = S3Store(spec, {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, attempts=1)
    return Context(store, spec, LOGIN, guard, folder)


def source(dialect: str = "Trino", **given: Any) -> SqlSource:
    return SqlSource.model_validate(
        {"dialect": dialect, "host": "warehouse", "secret_name": "login", **given}
    )


class Lab:
    """A database of SQLite in the place of a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[Connector] = []

    def execute(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.folder / "db")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    def connector(self, guard: Guard | None = None, **given: Any) -> Connector:
        url = sqlalchemy.URL.create("sqlite", database=str(self.folder / "db"))
        found = context(self.folder, guard or Unguarded())
        wanted = source(**given)
        warehouse = Warehouse(wanted, found, Address(url, "warehouse"))
        self.opened.append(SqlConnector(wanted, found, warehouse))
        return self.opened[-1]

    def landed(self, connector: Connector, piece: Any) -> list[dict[str, Any]]:
        connector.land(piece, self.folder / "landed")
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "landed").to_pylist()
        return rows


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(tmp_path)
    yield found
    for connector in found.opened:
        connector.close()


@pytest.mark.parametrize("dialect", ["Snowflake", "Trino", "Databricks"])
def test_a_driver_that_is_missing_is_named(dialect: str, tmp_path: Path) -> None:
    options = [{"name": "http_path", "value": "/sql"}] if dialect == "Databricks" else []
    connector = open_sql(
        source(dialect, table="a", options=options), context(tmp_path, Forbidding())
    )
    with pytest.raises(TrainerError) as caught:
        connector.look({"cursor": "{}"})
    extra = PROFILES[SqlDialect(dialect)].extra
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_UNREADABLE,
        f"`source.sql.dialect` {dialect} needs a driver that this trainer image does not have; "
        f"build the image with `pip install tidewheel[{extra}]` and set it in the chart",
    )


def test_a_cursor_reads_only_rows_that_came_after_the_last(lab: Lab) -> None:
    lab.execute(
        "CREATE TABLE a (n INTEGER, s TEXT)",
        "INSERT INTO a VALUES (9007199254740993, 'b'), (1, 'a'), (NULL, 'c')",
    )
    connector = lab.connector(table="a", cursor={"column": "n"})
    first = connector.look({})
    assert first.new_rows == 2
    wanted = [{"n": 1, "s": "a"}, {"n": 9007199254740993, "s": "b"}]
    assert lab.landed(connector, first.pieces[0]) == wanted
    lab.execute("INSERT INTO a VALUES (9007199254740994, NULL)")
    second = connector.look(first.position)
    assert lab.landed(connector, second.pieces[0]) == [{"n": 9007199254740994, "s": None}]
    assert connector.look(second.position).pieces == ()


def test_a_query_may_have_percent_signs_and_colons(lab: Lab) -> None:
    lab.execute("CREATE TABLE a (n INTEGER)")
    connector = lab.connector(query="SELECT 7 % 4 AS \"a%\", '12:30 :x %s' AS b -- end")
    look = connector.look({})
    assert look.fingerprint is None
    assert lab.landed(connector, look.pieces[0]) == [{"a%": 3, "b": "12:30 :x %s"}]


def test_rows_of_many_batches_land_in_order(lab: Lab) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
    lab.execute(f"CREATE TABLE a AS {numbers} SELECT i FROM n ORDER BY i DESC")  # noqa: S608
    connector = lab.connector(table="a")
    found = lab.landed(connector, connector.look({}).pieces[0])
    assert [row["i"] for row in found] == list(range(1, 10001))


def test_what_the_warehouse_refuses_is_told_without_the_secret(lab: Lab) -> None:
    connector = lab.connector(table=SECRET)
    piece = connector.look({}).pieces[0]
    with pytest.raises(TrainerError) as caught:
        connector.land(piece, lab.folder / "landed")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_REFUSED,
        "the Trino warehouse 'warehouse' refuses (no such table: ***); correct "
        "`source.sql.database`, `options`, `table`, `query` or `cursor.column`",
    )


def test_a_column_without_a_name_is_refused(lab: Lab) -> None:
    lab.execute("CREATE TABLE a (n INTEGER)")
    connector = lab.connector(query='SELECT n AS "" FROM a')
    with pytest.raises(TrainerError, match="column 1 of 'query' has no name"):
        connector.land(connector.look({}).pieces[0], lab.folder / "landed")


def test_a_host_that_the_guard_refuses_is_not_connected_to(lab: Lab) -> None:
    connector = lab.connector(guard=Forbidding(), table="a")
    with pytest.raises(TrainerError) as caught:
        connector.look({})
    assert caught.value.message == "warehouse:443 is forbidden"
    assert not (lab.folder / "db").exists()


def test_a_connection_that_is_closed_is_opened_by_the_next_look(lab: Lab) -> None:
    lab.execute("CREATE TABLE a (n INTEGER)", "INSERT INTO a VALUES (1)")
    warehouse = Warehouse(
        source(table="a"),
        context(lab.folder, Unguarded()),
        Address(sqlalchemy.URL.create("sqlite", database=str(lab.folder / "db")), "warehouse"),
    )
    with pytest.raises(AwayError, match="the connection was closed"):
        warehouse.newest('"a"', "n", "1 = 1")
    warehouse.begin()
    assert warehouse.newest('"a"', "n", "1 = 1") == (CursorValue("number", "1"), 1)
    warehouse.close()


@pytest.mark.parametrize(
    ("dialect", "name", "text", "moment"),
    [
        ("Snowflake", '"a`""b"', r"'it\'s \\'", "'2026-01-31 05:00:00+00:00'"),
        ("Trino", '"a`""b"', r"'it''s \'", "TIMESTAMP '2026-01-31 05:00:00+00:00'"),
        ("Databricks", '`a``"b`', r"'it\'s \\'", "'2026-01-31 05:00:00+00:00'"),
    ],
)
def test_each_warehouse_has_its_own_quotes(
    dialect: str, name: str, text: str, moment: str, tmp_path: Path
) -> None:
    url = sqlalchemy.URL.create("sqlite")
    warehouse = Warehouse(
        source(dialect, table="a"), context(tmp_path, Unguarded()), Address(url, "warehouse")
    )
    assert warehouse.quoted('a`"b') == name
    assert warehouse.literal(CursorValue("text", "it's \\")) == text
    assert warehouse.literal(MOMENT) == moment
    assert warehouse.literal(CursorValue("number", "1.50")) == "1.50"
