"""Whole files of each format, as they were downloaded."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidewheel_contracts.api.v1alpha1.source_files import Csv, DataFormat
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.files import land_file


def test_a_compressed_file_is_used_up_and_leaves_its_rows_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(gzip.compress(b"a;b\n1;x\n"))
    land_file(source, DataFormat.CSV, Csv(delimiter=";"), target, "raw/a.csv.gz")
    assert pq.read_table(target).to_pylist() == [{"a": 1, "b": "x"}]
    assert list(tmp_path.iterdir()) == [target]


def test_a_parquet_file_stays_as_it_is(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    pq.write_table(pa.table({"a": pa.array([1], pa.int8())}), source)
    data = source.read_bytes()
    land_file(source, DataFormat.PARQUET, Csv(), target, "raw/a.parquet")
    assert target.read_bytes() == data


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_parquet_file_that_is_cut_short_is_named(tmp_path: Path, part: float) -> None:
    source = tmp_path / "source"
    pq.write_table(pa.table({"a": list(range(1000))}), source)
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(TrainerError) as caught:
        land_file(source, DataFormat.PARQUET, Csv(), tmp_path / "target", "raw/a.parquet")
    assert caught.value.reason is FailureReason.SOURCE_UNREADABLE
    assert caught.value.message.startswith("'raw/a.parquet' is not a readable Parquet file (")
