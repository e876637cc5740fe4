"""A model of others' making, imported by the program, is what a server loads and answers by."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.contract.conftest import BUCKET, KEYS

from tidewheel_contracts.api.v1alpha1.run_result import RunResult, Verdict
from tidewheel_contracts.job import (
    CheckRequest,
    CheckResult,
    ExitCode,
    Failure,
    FailureReason,
    parse_termination_message,
)

DAYS, ROWS_PER_DAY = 40, 100
# The other half of the days tests it.
THROUGH = "2026-01-20T23:59:59Z"


@pytest.fixture
def store(s3_endpoint: str, folder: str) -> dict[str, Any]:
    spec = {
        "endpoint": s3_endpoint,
        "bucket": BUCKET,
        "prefix": f"{folder}/tidewheel",
        "secretName": "keys",
    }
    return {"spec": spec, "namespace": "ml"}


def _rows() -> pd.DataFrame:
    random = np.random.default_rng(3)
    count = DAYS * ROWS_PER_DAY
    delay = random.normal(size=count)
    seconds = np.arange(count) * (86_400 // ROWS_PER_DAY)
    return pd.DataFrame(
        {
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(seconds, unit="s"),
            "late": delay + random.normal(size=count) > 0,
            "delay": delay,
            "carrier": random.choice(["AA", "B6", "UA"], count),
            "seats": random.integers(50, 400, count),
        }
    )


def _theirs(rows: pd.DataFrame) -> Pipeline:
    """Return a model as a person at a notebook fits it, on the first half of the days."""
    columns = ColumnTransformer(
        [("carrier", OneHotEncoder(), ["carrier"]), ("delay", StandardScaler(), ["delay"])]
    )
    learned = rows[rows["at"] <= THROUGH.removesuffix("Z")]
    model = make_pipeline(columns, LogisticRegression(C=0.3))
    return model.fit(learned[["carrier", "delay"]], learned["late"])


def _collected(run_trainer: Any, s3: Any, folder: str, store: Any, rows: pd.DataFrame) -> Any:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), data)
    s3.put_object(Bucket=BUCKET, Key=f"{folder}/raw/1.parquet", Body=data.getvalue())
    request = {
        "store": store,
        "datasetName": "flights",
        "source": {"s3": {"prefix": f"{folder}/raw/"}},
        "target": {"column": "late"},
        "time": {"column": "at"},
    }
    code, collected = run_trainer("collect", request)
    assert code == ExitCode.SUCCESS, collected
    return collected


def _request(store: Any, collected: Any, digest: str) -> dict[str, Any]:
    estimator = "sklearn.linear_model.LogisticRegression"
    return {
        "kind": "ImportRequest",
        "store": store,
        "runName": "theirs",
        "runUid": "uid-1",
        "modelName": "flights",
        "datasetName": "flights",
        "snapshot": collected.snapshot.to_wire(),
        "target": {"column": "late"},
        "time": {"column": "at"},
        "training": {"candidates": [{"name": "theirs", "estimator": estimator}]},
        "imported": {
            "file": "theirs.skops",
            "digest": digest,
            "trainedThrough": THROUGH,
            "requester": "jane",
        },
    }


def _checked(request: CheckRequest, tmp_path: Path) -> Any:
    """Return what the server's check program says."""
    (tmp_path / "request.json").write_text(request.to_json())
    subprocess.run(
        [
            *(sys.executable, "-m", "tidewheel_server", "check"),
            *("--request", str(tmp_path / "request.json")),
            *("--result", str(tmp_path / "message")),
        ],
        env={**os.environ, **KEYS},
        capture_output=True,
        check=False,
    )
    return parse_termination_message((tmp_path / "message").read_text())


def test_an_imported_model_answers_in_the_server_as_it_answers_its_maker(
    run_trainer: Any, s3: Any, folder: str, store: dict[str, Any], tmp_path: Path
) -> None:
    rows = _rows()
    data = skops.io.dumps(_theirs(rows))
    s3.put_object(Bucket=BUCKET, Key=f"{folder}/tidewheel/ml/imports/theirs.skops", Body=data)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    request = _request(store, _collected(run_trainer, s3, folder, store, rows), digest)

    code, message = run_trainer("import", request)

    assert code == ExitCode.SUCCESS, message
    result: RunResult = message.result
    assert (result.verdict, result.training_rows, result.test_rows) == (
        Verdict.PASSED,
        DAYS // 2 * ROWS_PER_DAY,
        DAYS // 2 * ROWS_PER_DAY,
    )
    prefix = f"{folder}/tidewheel/ml/models/flights/uid-1"
    published = s3.get_object(Bucket=BUCKET, Key=f"{prefix}/model.skops")["Body"].read()
    assert published == data
    assert result.artifact is not None
    checked = _checked(
        CheckRequest(
            store=store,
            model_name="flights",
            manifest_key=result.artifact.manifest_key,
            manifest_digest=result.artifact.manifest_digest,
            artifact_digest=result.artifact.digest,
        ),
        tmp_path,
    )
    assert isinstance(checked, CheckResult), checked
    assert checked.rows == 200
    assert (checked.refused, checked.other_labels, checked.other_numbers) == (0, 0, 0)


def test_a_pickle_is_no_model_whatever_its_name_is(
    run_trainer: Any, s3: Any, folder: str, store: dict[str, Any]
) -> None:
    harm = b"cos\nsystem\n(S'touch /tmp/harm'\ntR."
    s3.put_object(Bucket=BUCKET, Key=f"{folder}/tidewheel/ml/imports/theirs.skops", Body=harm)
    digest = f"sha256:{hashlib.sha256(harm).hexdigest()}"
    request = _request(store, _collected(run_trainer, s3, folder, store, _rows()), digest)

    code, failure = run_trainer("import", request)

    assert isinstance(failure, Failure)
    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.IMPORT_REFUSED)
    assert failure.message.endswith("imports/theirs.skops' is not a skops file; restore it")
