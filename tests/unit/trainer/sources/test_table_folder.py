"""Which object of the bucket a location in a table's log is, and which is none."""

from pathlib import Path
from typing import Any, cast

import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.table_folder import TableFolder

FOLDER = TableFolder(cast("Any", None), "lake", "tables/t/", Path("/nowhere"))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("part-0.parquet", "tables/t/part-0.parquet"),
        ("day=a%2520b/x.parquet", "tables/t/day=a%20b/x.parquet"),
        ("s3://lake/other/x%20y.parquet", "other/x y.parquet"),
        ("s3a://lake/x", "x"),
    ],
)
def test_paths_of_a_log_are_keys_of_the_bucket(path: str, key: str) -> None:
    assert FOLDER.key_in_folder(path) == key


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/%2E%2E/%2e%2e/x",
        "s3://elsewhere/x",
        "s3://lake",
        "s3://lake.evil.example/x",
        "http://lake/x",
        "file:///lake/x",
    ],
)
def test_paths_out_of_the_bucket_are_refused(path: str) -> None:
    with pytest.raises(TrainerError, match="outside of its bucket 'lake'") as caught:
        FOLDER.key_in_folder(path)
    assert caught.value.reason is FailureReason.SOURCE_FORBIDDEN


@pytest.mark.parametrize(
    "location",
    ["https://account.example/container/x?sig=secret", "s3://key:secret@lake/x", "s3://[?secret"],
)
def test_credentials_in_a_location_are_not_told(location: str) -> None:
    with pytest.raises(TrainerError) as caught:
        FOLDER.key_at(location)
    assert "secret" not in caught.value.message


def test_a_librarys_words_are_told_without_folders_of_this_machine() -> None:
    error = FOLDER.unreadable("is broken", OSError("no file /nowhere/x\n  0: stack"))
    assert error.message == "the table at 'tables/t/' is broken (no file /x)"
