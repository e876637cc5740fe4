"""The train program as a process of its own, on snapshots that collect put into a real store."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.contract.conftest import KEYS

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import (
    INDEX_VARIABLE,
    MESSAGE_LIMIT,
    CollectResult,
    ExitCode,
    Failure,
    FailureReason,
    SearchResult,
    TrainResult,
)
from tidewheel_trainer.message import termination_message

BUCKET = "bucket"
ROWS_PER_DAY = 120
BOOSTING = {
    "name": "boosting",
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "parameters": {"max_iter": 10},
}
FOREST = {
    "name": "forest",
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "parameters": {"n_estimators": 5, "min_samples_leaf": 20},
}
LINEAR = {"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}
STUMP = BOOSTING | {"name": "stump", "parameters": {"max_iter": 1, "max_depth": 1}}

Loop = Callable[..., Any]


def days(first: int, count: int) -> bytes:
    """Return days of flights whose delay depends on wind, hour and carrier, as a Parquet file."""
    random = np.random.default_rng(first)
    rows = count * ROWS_PER_DAY
    wind, hour = random.normal(size=rows), random.integers(5, 24, rows)
    carrier = random.choice(["AA", "B6", "UA", "DL"], rows)
    odds = 1.5 * wind + (hour - 14) / 5 + (carrier == "B6") - 1
    day = np.datetime64("2013-01-01", "us") + np.repeat(
        np.arange(first, first + count), ROWS_PER_DAY
    ).astype("timedelta64[D]")
    columns = {
        "scheduled": pa.array(day + hour.astype("timedelta64[h]")),
        "late": random.random(rows) < 1 / (1 + np.exp(-odds)),
        "wind": np.where(random.random(rows) < 0.1, np.nan, wind),
        "hour": hour,
        "carrier": carrier,
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def store(s3_endpoint: str, folder: str) -> dict[str, Any]:
    spec = {
        "endpoint": s3_endpoint,
        "bucket": BUCKET,
        "prefix": f"{folder}/tidewheel",
        "secretName": "keys",
    }
    return {"spec": spec, "namespace": "ml"}


@pytest.fixture
def collected(run_trainer: Any, store: dict[str, Any], s3: Any, folder: str) -> Loop:
    """Return a function that uploads objects and collects them all."""

    def run(*objects: bytes) -> CollectResult:
        for number, data in enumerate(objects):
            s3.put_object(Bucket=BUCKET, Key=f"{folder}/raw/{number}.parquet", Body=data)
        request = {
            "store": store,
            "datasetName": "flights",
            "source": {"s3": {"prefix": f"{folder}/raw/"}},
            "target": {"column": "late"},
            "time": {"column": "scheduled"},
        }
        code, message = run_trainer("collect", request)
        assert code == ExitCode.SUCCESS, message
        return cast("CollectResult", message)

    return run


def task(store: dict[str, Any], data: CollectResult, uid: str, **training: Any) -> dict[str, Any]:
    """Return what every program of a run is told."""
    return {
        "store": store,
        "runName": uid,
        "runUid": uid,
        "modelName": "delays",
        "datasetName": "flights",
        "snapshot": {
            "digest": data.snapshot.digest,
            "manifestKey": data.snapshot.manifest_key,
        },
        "target": {"column": "late"},
        "time": {"column": "scheduled"},
        "training": training,
    }


@pytest.fixture
def outcome(run_trainer: Any, store: dict[str, Any]) -> Loop:
    """Return a function that trains on a snapshot: the exit code and the termination message."""

    def run(
        data: CollectResult,
        uid: str,
        *candidates: dict[str, Any],
        champion: RunResult | None = None,
    ) -> tuple[int, TrainResult | Failure]:
        request = task(store, data, uid, candidates=candidates or (BOOSTING,))
        if champion is not None:
            assert champion.artifact is not None
            request["champion"] = {
                "name": "delays-v1",
                "number": 1,
                "manifestKey": champion.artifact.manifest_key,
                "manifestDigest": champion.artifact.manifest_digest,
                "trainedThrough": champion.trained_through,
            }
        return cast("tuple[int, TrainResult | Failure]", run_trainer("train", request))

    return run


@pytest.fixture
def trained(outcome: Loop) -> Loop:
    """Return a function that trains with success and returns the result."""

    def run(*arguments: Any, **champion: Any) -> RunResult:
        code, message = outcome(*arguments, **champion)
        assert isinstance(message, TrainResult), message
        assert code == ExitCode.SUCCESS
        assert len(termination_message(message).encode()) < MESSAGE_LIMIT
        return message.result

    return run


def test_the_best_of_three_candidates_is_published_and_its_manifest_commits_every_file(
    collected: Loop, trained: Loop, s3: Any, folder: str
) -> None:
    result = trained(collected(days(0, 30)), "uid-1", STUMP, FOREST, LINEAR)
    assert (result.verdict, result.verdict_reason, result.compared_with, result.candidate) == (
        Verdict.PASSED,
        "FirstModel",
        ComparedWith.NOTHING,
        "linear",
    )
    assert (result.test_rows, result.training_rows) == (9 * ROWS_PER_DAY, 30 * ROWS_PER_DAY)
    assert result.artifact is not None
    data = s3.get_object(Bucket=BUCKET, Key=result.artifact.manifest_key)["Body"].read()
    manifest = ModelManifest.model_validate_json(data)
    assert (manifest_digest(data), manifest.digest) == (
        result.artifact.manifest_digest,
        result.artifact.digest,
    )
    prefix = f"{folder}/tidewheel/ml/models/delays/uid-1/"
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    sizes = {entry["Key"].removeprefix(prefix): entry["Size"] for entry in listed}
    assert sizes == {file.name: file.size_bytes for file in manifest.files} | {
        "manifest.json": len(data)
    }


def test_two_runs_of_one_spec_and_snapshot_publish_the_same_bytes(
    collected: Loop, trained: Loop
) -> None:
    data = collected(days(0, 20))
    first, second = (trained(data, uid, FOREST) for uid in ("uid-1", "uid-2"))
    assert first.artifact.digest == second.artifact.digest


def test_new_data_ties_with_the_champion_and_a_worse_recipe_is_refused(
    collected: Loop, trained: Loop, s3: Any, folder: str
) -> None:
    first = trained(collected(days(0, 30)), "uid-1")
    grown = collected(days(0, 30), days(30, 12))
    tie = trained(grown, "uid-2", champion=first)
    assert (tie.verdict, tie.compared_with, tie.test_rows, tie.trained_through) == (
        Verdict.UNTESTED,
        ComparedWith.MODEL,
        12 * ROWS_PER_DAY,
        "2013-02-11T23:00:00Z",
    )
    worse = trained(grown, "uid-3", STUMP, champion=first)
    assert (worse.verdict, worse.verdict_reason, worse.artifact) == (
        Verdict.REFUSED,
        "WorseThanChampion",
        None,
    )
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/tidewheel/ml/models/delays/uid-3/")
    assert [entry["Key"].rpartition("/")[2] for entry in listed["Contents"]] == [
        "report.html",
        "report.md",
        "verdict.json",
    ]


def test_a_lost_message_costs_no_second_training(collected: Loop, trained: Loop, s3: Any) -> None:
    data = collected(days(0, 20))
    first = trained(data, "uid-1")
    # Without its snapshot nothing could be trained again.
    s3.delete_object(Bucket=BUCKET, Key=data.snapshot.manifest_key)
    assert trained(data, "uid-1") == first


def test_a_damaged_part_is_not_learned(
    collected: Loop, outcome: Loop, s3: Any, folder: str
) -> None:
    data = collected(days(0, 20))
    prefix = f"{folder}/tidewheel/ml/datasets/flights/parts/"
    key = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"][0]["Key"]
    s3.put_object(Bucket=BUCKET, Key=key, Body=days(0, 19))
    code, failure = outcome(data, "uid-1")
    assert isinstance(failure, Failure)
    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.ARTIFACT_DAMAGED)
    assert failure.message.startswith(f"the snapshot's part '{key}' has other bytes")


def test_two_pods_search_at_once_and_their_best_trial_is_published(
    collected: Loop, run_trainer: Any, store: dict[str, Any], s3: Any, folder: str
) -> None:
    open_tree = {
        "name": "tree",
        "estimator": "sklearn.tree.DecisionTreeClassifier",
        "space": [
            {"parameter": "max_depth", "integer": {"low": 1, "high": 8}},
            {"parameter": "criterion", "choice": {"values": ["gini", "entropy"]}},
        ],
    }
    search = {"method": "TPE", "trials": 6, "parallelism": 2}
    request = task(store, collected(days(0, 30)), "uid-1", candidates=(open_tree,), search=search)

    def pod(index: int) -> tuple[int, SearchResult]:
        keys = KEYS | {INDEX_VARIABLE: str(index)}
        return cast("tuple[int, SearchResult]", run_trainer("search", request, keys))

    with ThreadPoolExecutor(2) as pool:
        (code, found), (other_code, other_found) = pool.map(pod, (0, 1))
    assert (code, other_code) == (ExitCode.SUCCESS, ExitCode.SUCCESS), found
    assert found == other_found
    assert (found.finished, found.failed, found.pruned) == (found.trials, 0, 0)
    listed = s3.list_objects_v2(
        Bucket=BUCKET, Prefix=f"{folder}/tidewheel/ml/models/delays/uid-1/search/"
    )["Contents"]
    keys = [entry["Key"] for entry in listed if entry["Key"].endswith(".json")]
    trials = [
        SearchTrial.model_validate_json(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        for key in keys
    ]
    assert len(trials) == found.trials
    best = max(trials, key=lambda each: float(each.score or 0))
    assert found.best_score == f"{float(best.score or 0):.6f}"
    code, message = run_trainer("reduce", request)
    assert isinstance(message, TrainResult), message
    assert message.result.artifact is not None
    key = message.result.artifact.manifest_key
    manifest = ModelManifest.model_validate_json(
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    )
    assert manifest.recipe.parameters == dict(sorted(best.parameters.items()))
