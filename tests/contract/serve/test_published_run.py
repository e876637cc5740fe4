"""What collect and train publish as programs is what a server loads, with nothing in between."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import ExitCode
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.inference import infer, sample_body
from tidewheel_trainer.train.model_file import read_model

ROWS = 6000


def flights() -> bytes:
    """Return labelled rows without a time column, as a Parquet file."""
    random = np.random.default_rng(1)
    delay = random.normal(size=ROWS)
    columns = {
        "late": delay + random.normal(size=ROWS) > 0,
        "delay": np.where(random.random(ROWS) < 0.1, np.nan, delay),
        "seats": random.integers(50, 400, ROWS),
        "carrier": random.choice(["AA", "B6", "UA"], ROWS),
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_published_model_is_served(
    run_trainer: Any, s3: Any, s3_endpoint: str, folder: str, load: Any
) -> None:
    spec = {
        "endpoint": s3_endpoint,
        "bucket": "bucket",
        "prefix": f"{folder}/tidewheel",
        "secretName": "keys",
    }
    store = {"spec": spec, "namespace": "ml"}
    s3.put_object(Bucket="bucket", Key=f"{folder}/raw/flights.parquet", Body=flights())
    code, collected = run_trainer(
        "collect",
        {
            "store": store,
            "datasetName": "flights",
            "source": {"s3": {"prefix": f"{folder}/raw/"}},
            "target": {"column": "late"},
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
            "target": {"column": "late"},
            "training": {
                "candidates": [
                    {
                        "name": "boosting",
                        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
                    }
                ]
            },
        },
    )
    assert code == ExitCode.SUCCESS, trained
    artifact = trained.result.artifact

    model = load(
        ServeRequest.model_validate(
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
    )
    answer = json.loads(infer(model, sample_body(model.manifest)).response.body)

    assert answer["outputs"] == expected_outputs(s3, model.manifest, artifact.manifest_key)


def expected_outputs(s3: Any, manifest: ModelManifest, manifest_key: str) -> list[dict[str, Any]]:
    """Return what scikit-learn answers for the sample rows, after the trainer's way of reading."""
    key = manifest_key.replace("manifest.json", "model.skops")
    pipeline = read_model(s3.get_object(Bucket="bucket", Key=key)["Body"].read(), key)
    frame = pd.DataFrame(
        {
            column.name: pd.Series(values, dtype=object if column.datatype == "BYTES" else float)
            for column, values in zip(manifest.inputs, manifest.sample, strict=True)
        }
    )
    rows = len(frame)
    return [
        {
            "name": "predict",
            "shape": [rows],
            "datatype": "BOOL",
            "data": pipeline.predict(frame).tolist(),
        },
        {
            "name": "probability",
            "shape": [rows, 2],
            "datatype": "FP64",
            "data": pipeline.predict_proba(frame).ravel().tolist(),
        },
    ]
