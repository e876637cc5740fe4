"""Decompressing, and stopping in time."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.unpacking import Limits, is_compressed, unpack

DATA = b"".join(b"%d,%d\n" % (number, number * 7919 % 1000) for number in range(50_000))


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


PACKED = {"a.gz": gzip.compress(DATA), "a.zst": zstd(DATA)}
NAMES = list(PACKED)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_compressed_comes_back(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(PACKED[name])
    unpack(tmp_path / "in", tmp_path / "out", name)
    assert (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize("name", NAMES)
def test_compressed_files_behind_each_other_are_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").write_bytes(PACKED[name] * 2)
    unpack(tmp_path / "in", tmp_path / "out", name)
    assert (tmp_path / "out").read_bytes() == DATA * 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limits", [Limits(ratio=2, free_bytes=1000), Limits(total_bytes=100_000)])
def test_a_bomb_is_stopped_at_its_limit(tmp_path: Path, name: str, limits: Limits) -> None:
    (tmp_path / "in").write_bytes(PACKED[name])
    most = min(limits.total_bytes, max(limits.free_bytes, limits.ratio * len(PACKED[name])))
    with pytest.raises(TrainerError) as caught:
        unpack(tmp_path / "in", tmp_path / "out", name, limits)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_UNREADABLE,
        f"'{name}' has {len(PACKED[name]):,} bytes and would decompress to more than {most:,}, "
        "which no data does; write it without compression, or remove it from the source",
    )
    assert (tmp_path / "out").stat().st_size <= most


def test_a_file_of_zeros_is_a_bomb_by_default(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(gzip.compress(bytes(65 << 20), compresslevel=1))
    with pytest.raises(TrainerError, match="would decompress to more than 67,108,864"):
        unpack(tmp_path / "in", tmp_path / "out", "a.gz")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", [-9, 3], ids=["cut short", "hardly begun"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, end: int) -> None:
    (tmp_path / "in").write_bytes(PACKED[name][:end])
    with pytest.raises(TrainerError) as caught:
        unpack(tmp_path / "in", tmp_path / "out", name)
    assert caught.value.reason is FailureReason.SOURCE_UNREADABLE
    assert caught.value.message.startswith(f"'{name}' cannot be decompressed (")


def test_the_ending_tells_the_compression() -> None:
    names = ("a.csv.gz", "a.zst", "a.gzip", "gz", "a.csv")
    assert [name for name in names if is_compressed(name)] == ["a.csv.gz", "a.zst"]
