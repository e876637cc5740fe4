"""A session reaches nothing but the rows that it is given."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidewheel_trainer.clean.session import duckdb_session

LIMIT = 100 << 20


@pytest.mark.parametrize(
    "statement",
    [
        "FROM '{other}'",
        "FROM read_parquet('{other}')",
        "FROM read_parquet('{readable}/../other')",
        "FROM read_text('/etc/hostname')",
        "FROM glob('{folder}/*')",
        "FROM read_csv('http://127.0.0.1:9/x.csv')",
        "FROM read_parquet('s3://bucket/key')",
        "ATTACH '{folder}/base'",
        "COPY (SELECT 1) TO '{folder}/copy'",
        "EXPORT DATABASE '{folder}/export'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{other}'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SET threads = 8",
        "SET temp_directory = '/tmp'",
        "SET lock_configuration = false",
        "RESET allowed_paths",
        "PRAGMA threads = 8",
        "FROM variable_of_this_program",
    ],
)
def test_nothing_else_can_be_read_written_loaded_or_set(tmp_path: Path, statement: str) -> None:
    variable_of_this_program = pa.table({"a": [1]})
    names = {"folder": tmp_path, "other": tmp_path / "other", "readable": tmp_path / "readable"}
    for name in ("other", "readable"):
        pq.write_table(variable_of_this_program, names[name])
    before = sorted(tmp_path.iterdir())
    with (
        duckdb_session(tmp_path, LIMIT, [names["readable"]]) as session,
        pytest.raises(duckdb.Error),
    ):
        session.execute(statement.format(**names)).fetchall()
    assert sorted(tmp_path.iterdir()) == before


def test_named_files_and_registered_rows_can_be_read_and_what_was_spilled_is_gone(
    tmp_path: Path,
) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "readable")
    with duckdb_session(tmp_path, LIMIT, [tmp_path / "readable"]) as session:
        session.register("rows", pa.table({"a": [2]}))
        found = session.execute(
            f"FROM read_parquet('{tmp_path}/readable') UNION ALL FROM rows"
        ).fetchall()
    assert found == [(1,), (2,)]
    assert list(tmp_path.iterdir()) == [tmp_path / "readable"]


def test_times_are_told_in_utc_whatever_the_process_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with duckdb_session(tmp_path, LIMIT) as session:
        found = session.sql("SELECT CAST(TIMESTAMPTZ '2026-01-01T00:00:00Z' AS VARCHAR)").fetchall()
    assert found == [("2026-01-01 00:00:00+00",)]
