"""The examples of sources that lie in the bucket, applied as they are; what steps and checks do."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from tests.e2e.flights import ROWS, apply_example, flights, snapshot_of
from tests.e2e.lab import Lab


@pytest.fixture
def csv_flights(lab: Lab) -> Lab:
    """Deliver compressed CSV files, and one that the example's pattern leaves out."""
    text = flights().to_csv(index=False, sep=";", na_rep="NA")
    lab.bucket.put("raw/flights/2026/1.csv.gz", gzip.compress(text.encode()))
    lab.bucket.put("raw/flights/readme.txt", b"not a flight")
    apply_example(lab, "s3-csv")
    lab.wait_ready("dataset", "flights-csv", ["SnapshotReady"])
    return lab


def test_csv_example_makes_a_snapshot_of_typed_columns(csv_flights: Lab) -> None:
    assert snapshot_of(csv_flights, "flights-csv") == (
        ROWS,
        ROWS,
        {
            "scheduled_departure": "timestamp[us, tz=UTC]",
            "late": "bool",
            "distance": "double",
            "carrier": "string",
        },
    )


def test_steps_clean_and_checks_stop(csv_flights: Lab) -> None:
    lab = csv_flights
    _patch(lab, {"steps": [{"dropNulls": {"columns": ["carrier"]}}, {"dropDuplicates": {}}]})
    lab.wait_for("the cleaned snapshot", lambda: _unless(snapshot_of(lab, "flights-csv")[0], 499))

    _patch(lab, {"checks": {"columns": [{"column": "distance", "maximum": "10"}]}})
    lab.wait_for("the failure", lambda: None if _failures(lab) else "no check has failed")
    said = lab.wait_ready("dataset", "flights-csv", ["CheckFailed"])

    (failure,) = _failures(lab)
    assert "distance" in failure
    assert failure in said["message"]
    # The snapshot that was there before stays.
    assert snapshot_of(lab, "flights-csv")[0] == 499


def test_delta_example_makes_a_snapshot_of_the_newest_version(lab: Lab, tmp_path: Path) -> None:
    table = pa.Table.from_pandas(flights(), preserve_index=False)
    for part in (table.slice(0, 300), table.slice(300)):
        write_deltalake(str(tmp_path), part, mode="append")
    for file in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        lab.bucket.put(f"lake/flights/{file.relative_to(tmp_path)}", file.read_bytes())

    apply_example(lab, "table-delta")
    lab.wait_ready("dataset", "flights-delta", ["SnapshotReady"])

    assert snapshot_of(lab, "flights-delta")[:2] == (ROWS, ROWS)


def test_sqlite_example_makes_a_snapshot_of_the_table_in_the_file(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "flights.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TABLE flights (flight_id INTEGER, scheduled_departure TIMESTAMP, "
            "late BOOLEAN, distance REAL)"
        )
        rows = (
            (number, row.scheduled_departure.isoformat(), bool(row.late), row.distance)
            for number, row in enumerate(flights().itertuples())
        )
        database.executemany("INSERT INTO flights VALUES (?, ?, ?, ?)", rows)
        database.commit()
    lab.bucket.put("raw/flights.sqlite", file.read_bytes())

    apply_example(lab, "sql-sqlite")
    lab.wait_ready("dataset", "flights-sqlite", ["SnapshotReady"])

    rows_found, labelled_rows, types = snapshot_of(lab, "flights-sqlite")
    assert (rows_found, labelled_rows) == (ROWS, ROWS)
    assert types["scheduled_departure"].startswith("timestamp")


def test_source_in_a_forbidden_place_is_refused_in_words(lab: Lab) -> None:
    lab.create(
        "Dataset",
        "metadata",
        {
            "source": {"http": {"url": "http://169.254.169.254/latest/meta-data"}},
            "target": {"column": "late"},
        },
    )

    said = lab.wait_ready("dataset", "metadata", ["SourceForbidden"])

    assert "169.254.169.254" in said["message"]


def _patch(lab: Lab, spec: dict[str, object]) -> None:
    text = json.dumps({"spec": spec})
    lab.run("patch", "dataset", "flights-csv", "--type=merge", "-p", text)


def _failures(lab: Lab) -> list[str]:
    item = lab.get("dataset", "flights-csv") or {}
    failures: list[str] = item["status"].get("failures", [])
    return failures


def _unless(found: int, wanted: int) -> str | None:
    return None if found == wanted else f"{found} rows"
