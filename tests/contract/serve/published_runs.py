"""Runs of the real programs that end with a published model."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.job import ExitCode
from tidewheel_contracts.serving import ServeRequest

__all__ = ["CLASSIFIER", "REGRESSOR", "published", "serve_request"]

ROWS = 6000
CLASSIFIER = {
    "candidates": [
        {"name": "boosting", "estimator": "sklearn.ensemble.HistGradientBoostingClassifier"}
    ]
}
REGRESSOR = {
    "candidates": [
        {"name": "boosting", "estimator": "sklearn.ensemble.HistGradientBoostingRegressor"}
    ]
}


def _flights() -> bytes:
    """Return rows with three kinds of labels and without a time column, as a Parquet file."""
    random = np.random.default_rng(1)
    delay = random.normal(size=ROWS)
    seen = delay + random.normal(size=ROWS)
    columns = {
        "late": seen > 0,
        "grade": np.digitize(seen, [-1, 1]),
        "minutes": 20 * seen,
        "delay": np.where(random.random(ROWS) < 0.1, np.nan, delay),
        "seats": random.integers(50, 400, ROWS),
        "carrier": random.choice(["AA", "B6", "UA"], ROWS),
        "booked": pa.array(random.integers(0, 4 * 10**14, ROWS), pa.timestamp("us")),
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def published(
    run_trainer: Any,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    target: str,
    training: dict[str, Any],
    winner: str = "boosting",
) -> tuple[dict[str, Any], Any]:
    """Collect and train as programs; return the store and the artifact that lies in it."""
    spec = {
        "endpoint": s3_endpoint,
        "bucket": "bucket",
        "prefix": f"{folder}/tidewheel",
        "secretName": "keys",
    }
    store = {"spec": spec, "namespace": "ml"}
    s3.put_object(Bucket="bucket", Key=f"{folder}/raw/flights.parquet", Body=_flights())
    code, collected = run_trainer(
        "collect",
        {
            "store": store,
            "datasetName": "flights",
            "source": {"s3": {"prefix": f"{folder}/raw/"}},
            "target": {"column": target},
        },
    )
    assert code == ExitCode.SUCCESS, collected
    code, trained = run_trainer(
        "train",
        {
            "store": store,
            "runName": "first",
            "runUid": "first",
            "modelName": "flights",
            "datasetName": "flights",
            "snapshot": collected.snapshot.to_wire(),
            "target": {"column": target},
            "training": {"features": {"numeric": ["delay", "seats"]}} | training,
        },
    )
    assert code == ExitCode.SUCCESS, trained
    assert trained.result.candidate == winner
    return store, trained.result.artifact


def serve_request(store: dict[str, Any], artifact: Any) -> ServeRequest:
    """Return what a server of the published model is told."""
    return ServeRequest.model_validate(
        {
            "store": store,
            "modelName": "flights",
            "versionName": "flights-v1",
            "versionNumber": 1,
            "manifestKey": artifact.manifest_key,
            "manifestDigest": artifact.manifest_digest,
            "artifactDigest": artifact.digest,
        }
    )
