"""Rows that the tests of collection deliver, and what they read back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_contracts.job import CollectResult, FailureReason
from tidewheel_trainer.failure import TrainerError

Collect = Callable[..., CollectResult]

FOLDER = "tidewheel/ml/datasets/flights"
JANUARY = [datetime.fromisoformat(text) for text in ("2013-01-01T05:00", "2013-01-02T06:00")]
FEBRUARY = [datetime.fromisoformat(text) for text in ("2013-02-01T05:00", "2013-02-03T07:30")]


def manifest_of(store: Any, result: CollectResult) -> SnapshotManifest:
    return SnapshotManifest.model_validate_json(store.objects[result.snapshot.manifest_key])


def rows_of(days: list[datetime], late: list[bool | None], **more: Any) -> dict[str, Any]:
    return {"day": days, "late": pa.array(late, pa.bool_()), "hour": [5, 6], **more}


def refusal_of(collected: Collect, **arguments: Any) -> tuple[FailureReason, str]:
    with pytest.raises(TrainerError) as caught:
        collected(**arguments)
    return caught.value.reason, caught.value.message
