"""SQLite files in a real S3 store (SeaweedFS)."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.integration.sources.s3_fixtures import KEYS, s3_client, seaweedfs_endpoint

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Unguarded
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context
from tidewheel_trainer.sources.sql import open_sql

__all__ = ["seaweedfs_endpoint"]

KEY = "raw/flights #1.sqlite"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
Landed = dict[str, tuple[str, list[Any]]]


@dataclass(frozen=True)
class Lab:
    """A bucket, a database on this machine, and sources that are to be closed."""

    endpoint: str
    bucket: str
    client: Any
    folder: Path
    opened: list[Connector]

    def upload(self, *statements: str, key: str = KEY) -> None:
        """Execute statements on the database, and upload its file."""
        with closing(sqlite3.connect(self.folder / "local.sqlite")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        self.put((self.folder / "local.sqlite").read_bytes(), key)

    def put(self, data: bytes, key: str = KEY) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def source(self, **given: Any) -> Connector:
        spec = ArtifactStoreSpec(endpoint=self.endpoint, bucket=self.bucket, secret_name="keys")
        scratch = self.folder / f"scratch-{len(self.opened)}"
        scratch.mkdir()
        context = Context(S3Store(spec, KEYS), spec, {}, Unguarded(), scratch)
        wanted = SqlSource.model_validate({"dialect": "SQLite", "key": KEY, **given})
        self.opened.append(open_sql(wanted, context))
        return self.opened[-1]

    def landed(self, source: Connector, piece: Any) -> Landed:
        """Return type and values of each column."""
        source.land(piece, self.folder / "landed")
        table = pq.read_table(self.folder / "landed")
        columns = zip(map(str, table.schema.types), table.columns, strict=True)
        values = [(kind, column.to_pylist()) for kind, column in columns]
        return dict(zip(table.schema.names, values, strict=True))

    def only(self, **given: Any) -> Landed:
        """Return what a source without a cursor amounts to."""
        source = self.source(**given)
        (piece,) = source.look({}).pieces
        return self.landed(source, piece)

    def refusal(self, **given: Any) -> tuple[FailureReason, str]:
        with pytest.raises(TrainerError) as caught:  # noqa: PT012  each step may tell it
            source = self.source(**given)
            source.land(source.look({}).pieces[0], self.folder / "landed")
        return caught.value.reason, caught.value.message


@pytest.fixture
def lab(seaweedfs_endpoint: str, tmp_path: Path) -> Iterator[Lab]:
    with closing(s3_client(seaweedfs_endpoint)) as client:
        bucket = f"test-{secrets.token_hex(4)}"
        client.create_bucket(Bucket=bucket)
        found = Lab(seaweedfs_endpoint, bucket, client, tmp_path, [])
        yield found
        for source in found.opened:
            source.close()


@pytest.mark.parametrize("declared", ["INTEGER", ""])
def test_a_cursor_of_numbers_reads_only_rows_that_came_after_the_last(
    lab: Lab, declared: str
) -> None:
    lab.upload(
        f"CREATE TABLE a (n {declared})", "INSERT INTO a VALUES (9007199254740993), (1), (NULL)"
    )
    source = lab.source(table="a", cursor={"column": "n"})
    first = source.look({})
    assert first.new_rows == 2
    assert lab.landed(source, first.pieces[0]) == {"n": ("int64", [1, 9007199254740993])}
    lab.upload("INSERT INTO a VALUES (9007199254740994)")
    second = source.look(first.position)
    assert lab.landed(source, second.pieces[0]) == {"n": ("int64", [9007199254740994])}
    lab.upload("CREATE TABLE other (x)")
    third = source.look(second.position)
    assert (third.pieces, third.new_rows, third.fingerprint) == ((), 0, second.fingerprint)


def test_a_cursor_of_text_goes_on_in_the_order_of_text(lab: Lab) -> None:
    lab.upload("CREATE TABLE a (t TEXT)", "INSERT INTO a VALUES ('2026-01-31 06:00'), ('it''s')")
    source = lab.source(table="a", cursor={"column": "t"})
    first = source.look({})
    assert lab.landed(source, first.pieces[0]) == {"t": ("string", ["2026-01-31 06:00", "it's"])}
    assert source.look(first.position).pieces == ()


def test_an_unchanged_object_is_not_downloaded_again(lab: Lab) -> None:
    lab.upload("CREATE TABLE a (n INTEGER)", "INSERT INTO a VALUES (1)")
    first = lab.source(table="a", cursor={"column": "n"}).look({})
    again = lab.source(table="a", cursor={"column": "n"})
    look = again.look(first.position)
    assert (look.pieces, look.fingerprint, look.position) == ((), first.fingerprint, first.position)
    assert list((lab.folder / "scratch-1").iterdir()) == []


def test_without_a_cursor_the_object_tells_whether_rows_changed(lab: Lab) -> None:
    lab.upload("CREATE TABLE a (n INTEGER)", "INSERT INTO a VALUES (1)")
    source = lab.source(query="SELECT sum(n) AS total FROM a -- all of them\n;")
    first = source.look({})
    assert source.look({}) == first
    lab.upload("INSERT INTO a VALUES (2)")
    second = source.look({})
    assert second.fingerprint != first.fingerprint
    assert second.pieces != first.pieces
    assert lab.landed(source, second.pieces[0]) == {"total": ("int64", [3])}


def test_a_column_has_the_type_that_all_its_values_fit(lab: Lab) -> None:
    lab.upload(
        "CREATE TABLE a (i, r, large, mixed, bytes, d DATE, t DATETIME, z TIMESTAMP, bad DATE,"
        " text TEXT, price DECIMAL(10,2), b BOOLEAN)",
        "INSERT INTO a VALUES (1, 1, 1.5, 'x', x'00ff', '2026-01-31', '2026-01-31 06:00:00.5',"
        " '2026-01-31T06:00:00+01:00', '2026-02-30', '2026-01-31', 2, 1)",
        "INSERT INTO a VALUES (2, 2.5, 9007199254740993, x'00ff', NULL, NULL, '2026-01-31',"
        " '2026-01-31T06:00:00Z', '2026-01-31', NULL, 3, 0)",
        "INSERT INTO a VALUES (3, 1e300, NULL, 1.5, x'', '1969-12-31', NULL, NULL, NULL, '', 4, 1)",
    )
    assert lab.only(table="main.a") == {
        "i": ("int64", [1, 2, 3]),
        "r": ("double", [1.0, 2.5, 1e300]),
        "large": ("string", ["1.5", "9007199254740993", None]),
        "mixed": ("string", ["x", "AP8=", "1.5"]),
        "bytes": ("binary", [b"\x00\xff", None, b""]),
        "d": ("date32[day]", [date(2026, 1, 31), None, date(1969, 12, 31)]),
        "t": (
            "timestamp[us]",
            [datetime(2026, 1, 31, 6, 0, 0, 500000), datetime(2026, 1, 31), None],  # noqa: DTZ001
        ),
        "z": (
            "timestamp[us, tz=UTC]",
            [datetime(2026, 1, 31, 5, tzinfo=UTC), datetime(2026, 1, 31, 6, tzinfo=UTC), None],
        ),
        "bad": ("string", ["2026-02-30", "2026-01-31", None]),
        "text": ("string", ["2026-01-31", None, ""]),
        "price": ("double", [2.0, 3.0, 4.0]),
        "b": ("int64", [1, 0, 1]),
    }


def test_columns_without_values_have_their_declared_type(lab: Lab) -> None:
    lab.upload(
        "CREATE TABLE a (i BIGINT, r REAL, s VARCHAR(9), b BLOB, n NUMERIC, t DATETIME, free)",
        "INSERT INTO a DEFAULT VALUES",
    )
    wanted = {
        "i": ("int64", [None]),
        "r": ("double", [None]),
        "s": ("string", [None]),
        "b": ("binary", [None]),
        "n": ("double", [None]),
        "t": ("null", [None]),
        "free": ("null", [None]),
    }
    assert lab.only(table="a") == wanted
    assert lab.only(query="SELECT * FROM a") == wanted


def test_two_thousand_columns_and_many_rows_land_in_batches(lab: Lab) -> None:
    names = ", ".join(f"c{place}" for place in range(2000))
    lab.upload(
        f"CREATE TABLE wide ({names})",
        f"INSERT INTO wide (c0, c1999) {NUMBERS} SELECT i, 'x' FROM n LIMIT 3",  # noqa: S608
        f"CREATE TABLE long AS {NUMBERS} SELECT i FROM n ORDER BY i DESC",  # noqa: S608
    )
    wide = lab.only(table="wide")
    assert (len(wide), wide["c0"], wide["c1999"], wide["c7"]) == (
        2000,
        ("int64", [1, 2, 3]),
        ("string", ["x", "x", "x"]),
        ("null", [None, None, None]),
    )
    assert lab.only(table="long") == {"i": ("int64", list(range(1, 20001)))}


@pytest.mark.parametrize(
    ("given", "reason", "words"),
    [
        ({"key": "raw/flights"}, "SourceUnavailable", "'raw/flights' is not in the bucket"),
        ({"table": "nowhere"}, "SourceRefused", "no such table: nowhere"),
        ({"cursor": {"column": "nope"}}, "SourceRefused", "no such column: nope"),
        ({"query": "SELECT nope FROM a"}, "SourceRefused", "no such column: nope"),
        ({"query": "SELECT 1; SELECT 2"}, "SourceRefused", "must be one SELECT"),
        ({"query": "DELETE FROM a"}, "SourceRefused", "syntax error"),
        ({"query": "SELECT ? AS x"}, "SourceRefused", "parameters are not allowed in views"),
        ({"query": "SELECT load_extension('x')"}, "SourceRefused", "not authorized"),
        ({"query": "SELECT abs(-9223372036854775808) AS x"}, "SourceRefused", "integer overflow"),
        ({"query": "SELECT zeroblob(20000000) AS x"}, "SourceRefused", "too big"),
        ({"query": "SELECT 1 AS a, 2 AS a"}, "SourceUnreadable", "two columns named 'a'"),
        ({"query": "SELECT CAST(x'ff' AS TEXT) AS x"}, "SourceUnreadable", "not UTF-8"),
        ({"cursor": {"column": "mixed"}}, "SourceUnreadable", "of the kind integer and text"),
        ({"cursor": {"column": "real"}}, "SourceUnreadable", "of the kind real"),
    ],
)
def test_what_a_person_must_mend_is_told(
    lab: Lab, given: dict[str, Any], reason: str, words: str
) -> None:
    lab.upload(
        "CREATE TABLE a (mixed, real REAL)",
        "INSERT INTO a VALUES (1, 1.5)",
        "INSERT INTO a VALUES ('x', 2.5)",
    )
    table = {} if "query" in given else {"table": "a"}
    told, message = lab.refusal(**{**table, **given})
    assert told == reason
    assert words in message


def test_another_kind_of_value_in_the_cursor_is_refused(lab: Lab) -> None:
    lab.upload("CREATE TABLE a (n)", "INSERT INTO a VALUES (1)")
    source = lab.source(table="a", cursor={"column": "n"})
    position = source.look({}).position
    lab.upload("UPDATE a SET n = 'one'")
    with pytest.raises(TrainerError, match="was a number and is a text now"):
        source.look(position)


@pytest.mark.parametrize("data", [b"n\n1\n", b"", b"SQLite format 3\x00" + b"\x07" * 4096])
def test_an_object_that_is_no_database_is_told_of(lab: Lab, data: bytes) -> None:
    lab.put(data)
    reason, message = lab.refusal(table="a")
    assert reason == FailureReason.SOURCE_UNREADABLE
    assert message.startswith(f"object {KEY!r} is not a")


def test_a_file_that_is_cut_short_is_told_of(lab: Lab) -> None:
    lab.upload(f"CREATE TABLE a AS {NUMBERS} SELECT i FROM n")  # noqa: S608
    data = (lab.folder / "local.sqlite").read_bytes()
    lab.put(data[: len(data) // 2])
    reason, message = lab.refusal(table="a")
    assert reason == FailureReason.SOURCE_UNREADABLE
    assert "is not a whole SQLite file" in message


def test_an_object_that_is_replaced_between_look_and_land_is_told_of(lab: Lab) -> None:
    lab.upload("CREATE TABLE a (n)", "INSERT INTO a VALUES (1)")
    source = lab.source(table="a")
    (piece,) = source.look({}).pieces
    lab.upload("INSERT INTO a VALUES (2)")
    with pytest.raises(TrainerError, match="was replaced while the source was read") as caught:
        source.land(piece, lab.folder / "landed")
    assert caught.value.reason == FailureReason.SOURCE_UNAVAILABLE
