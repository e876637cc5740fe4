"""A search on a real Ray cluster: submitted, handed out and run as KubeRay's pods do it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.contract.conftest import BUCKET, EGRESS, KEYS
from tests.contract.test_train import Loop, collected, days, store, task
from tests.servers import ray_cluster
from tests.servers.ray_cluster import RayCluster

from tidewheel_contracts.job import (
    EGRESS_VARIABLE,
    ExitCode,
    Failure,
    FailureReason,
    Result,
    SearchResult,
    parse_termination_message,
)

__all__ = ["collected", "store"]

TREE = {
    "name": "tree",
    "estimator": "sklearn.tree.DecisionTreeClassifier",
    "space": [{"parameter": "max_depth", "integer": {"low": 1, "high": 8}}],
}
WRONG = TREE | {"space": [{"parameter": "max_dept", "integer": {"low": 1, "high": 8}}]}
SEARCH = {"method": "Random", "trials": 6, "parallelism": 2}


def submitted(
    cluster: RayCluster, job: str, request: dict[str, Any], folder: Path
) -> Result | Failure:
    """Run the pod that submits, and return what it brings back."""
    cluster.request.write_text(json.dumps({"kind": "SearchRequest", **request}))
    named = {"RAY_DASHBOARD_ADDRESS": cluster.dashboard, "RAY_JOB_SUBMISSION_ID": job}
    message = folder / f"{job}.json"
    done = subprocess.run(
        [sys.executable, "-m", "tidewheel_trainer", "ray-submit", "--result", str(message)],
        env={**cluster.environment, **named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.SUCCESS, done.stderr
    return parse_termination_message(message.read_text())


def trial_keys(s3: Any, folder: str) -> dict[str, str]:
    """Return the trials in the store, with what tells that one was written again."""
    prefix = f"{folder}/tidewheel/ml/models/delays/uid-1/search/"
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    return {each["Key"]: each["ETag"] for each in listed if each["Key"].endswith(".json")}


def test_parts_of_a_search_run_on_workers_and_leave_their_trials_in_the_store(
    collected: Loop,
    store: dict[str, Any],
    s3: Any,
    folder: str,
    tmp_path: Path,
) -> None:
    data = collected(days(0, 30))
    request = task(store, data, "uid-1", candidates=(TREE,), search=SEARCH)
    wrong = task(store, data, "uid-2", candidates=(WRONG,), search=SEARCH)

    with ray_cluster.running(2, {**KEYS, EGRESS_VARIABLE: EGRESS}) as cluster:
        found = submitted(cluster, "first", request, tmp_path)
        assert isinstance(found, SearchResult), found
        assert (found.finished, found.failed, found.pruned) == (found.trials, 0, 0)
        trials = trial_keys(s3, folder)
        # A pod that comes after a lost one finds the job; one after a lost head finds the trials.
        assert submitted(cluster, "first", request, tmp_path) == found
        assert submitted(cluster, "second", request, tmp_path) == found
        assert trial_keys(s3, folder) == trials
        failure = submitted(cluster, "wrong", wrong, tmp_path)

    assert isinstance(failure, Failure)
    assert failure.reason == FailureReason.PARAMETER_INVALID
    assert "max_depth" in failure.message
