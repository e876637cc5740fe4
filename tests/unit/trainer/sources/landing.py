"""What the tests of files share: land a text, and read the columns back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

NAME = "raw/data"
Land = Callable[[Path, Path, str], None]
Columns = dict[str, tuple[str, list[Any]]]


def landed(land: Land, data: bytes | str, folder: Path) -> Columns:
    """Return type and values of each column."""
    source, target = folder / "source", folder / "target"
    source.write_bytes(data.encode() if isinstance(data, str) else data)
    land(source, target, NAME)
    table = pq.read_table(target)
    types = [str(kind) for kind in table.schema.types]
    values = [column.to_pylist() for column in table.columns]
    return dict(zip(table.schema.names, zip(types, values, strict=True), strict=True))


def fault(land: Land, data: bytes | str, folder: Path) -> str:
    """Return why a text cannot be read."""
    with pytest.raises(TrainerError) as caught:
        landed(land, data, folder)
    assert caught.value.reason is FailureReason.SOURCE_UNREADABLE
    assert not (folder / "target").exists()
    return caught.value.message
