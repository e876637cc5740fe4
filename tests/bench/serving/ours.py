"""Tidewheel's own server: models that real runs trained and published, started as a pod would."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tests.bench.serving.cases import (
    Body,
    Case,
    Model,
    binary_matrix,
    json_columns,
    json_matrix,
    table_of,
)
from tests.bench.training.process import measured
from tests.bench.training.workspace import Workspace, workspace

from tidewheel_contracts.job import Store, TrainResult, parse_termination_message
from tidewheel_contracts.serving import ServeRequest

__all__ = ["arguments", "encode", "path", "published"]

_TARGET, _TIME = "target", "measured"
_START = datetime(2026, 1, 1, tzinfo=UTC)
# As in the server's image.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def published(model: Model, folder: Path) -> Iterator[tuple[ServeRequest, dict[str, str]]]:
    """Train a model by a run on a real store; yield what a server is told, and its environment."""
    place = folder / model.name
    place.mkdir()
    rows = place / "rows.parquet"
    _write(model, rows)
    with workspace(place, rows, _TARGET, _TIME) as space:
        yield _trained(model, space)


def path(case: Case) -> str:
    """Return where requests go."""
    return "/v2/models/delays/infer"


def encode(case: Case, frame: pd.DataFrame) -> Body:
    """Return a request as clients send it."""
    if case.dialect == "columns":
        return json_columns(frame)
    encoder = binary_matrix if case.dialect == "binary" else json_matrix
    return encoder(frame, "input-0")


def arguments(request: ServeRequest, folder: Path, port: int) -> tuple[str, ...]:
    """Return the command line of a server of this request."""
    file = folder / "request.json"
    file.write_text(request.to_json())
    return (
        *(sys.executable, "-m", "tidewheel_server", "--host", "127.0.0.1", "--port", str(port)),
        *("--request", str(file), "--termination-log", str(folder / "termination-log")),
    )


def _trained(model: Model, space: Workspace) -> tuple[ServeRequest, dict[str, str]]:
    candidate: dict[str, Any] = {
        "name": model.name,
        "estimator": model.estimator,
        "parameters": dict(model.parameters),
    }
    program, keys = space.program("train", model.name, {"candidates": [candidate]})
    measured(program, keys)
    message = parse_termination_message(Path(program[-1]).read_text())
    assert isinstance(message, TrainResult), message
    artifact = message.result.artifact
    assert artifact is not None, message.result.message
    request = ServeRequest(
        store=Store.model_validate(space.store),
        model_name="delays",
        version_name="delays-v1",
        version_number=1,
        manifest_key=artifact.manifest_key,
        manifest_digest=artifact.manifest_digest,
        artifact_digest=artifact.digest,
    )
    return request, {**keys, **_ONE_THREAD}


def _write(model: Model, file: Path) -> None:
    """Write the rows as a source has them, one after the other in time."""
    frame, labels = table_of(model)
    times = [_START + timedelta(hours=hour) for hour in range(len(frame))]
    table = frame.assign(**{_TARGET: labels.astype(bool), _TIME: times})
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), file)
