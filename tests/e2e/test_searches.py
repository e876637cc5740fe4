"""Searches on real nodes: trials shared by pods, pods that are lost, memory that runs out."""

from tests.e2e.lab import FOREST, LOGISTIC, Lab, Object, start_run, training, verdict_of

from tidewheel_contracts.api.v1alpha1.common import Candidate

_BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
_CANDIDATES = (
    Candidate(name="logistic", estimator=LOGISTIC),
    Candidate.model_validate(
        {
            "name": "forest",
            "estimator": FOREST,
            "parameters": {"n_estimators": 20},
            "space": [{"parameter": "max_depth", "integer": {"low": 2, "high": 12}}],
        }
    ),
    Candidate.model_validate(
        {
            "name": "boosting",
            "estimator": _BOOSTING,
            "parameters": {"max_iter": 20},
            "space": [
                {"parameter": "learning_rate", "number": {"low": "0.01", "high": "0.3"}},
                {"parameter": "max_leaf_nodes", "choice": {"values": [7, 15, 31]}},
            ],
        }
    ),
)


def _status(lab: Lab, name: str) -> Object:
    run = lab.get("trainingrun", name)
    assert run is not None
    status: Object = run["status"]
    return status


def test_search_over_three_estimators_registers_the_best_of_all_pods(shop: Lab) -> None:
    start_run(shop, "wide", training(*_CANDIDATES, search={"trials": 9, "parallelism": 2}))

    result = verdict_of(shop, "wide", "Registered")

    search = _status(shop, "wide")["search"]
    # A depth that is drawn twice is one trial.
    counts = {name: search[name] for name in ("trials", "finished", "pods", "finishedPods")}
    assert counts == {"trials": 8, "finished": 8, "pods": 2, "finishedPods": 2}
    assert result["candidate"] == search["bestCandidate"]
    assert float(search["bestScore"]) > 0.75
    assert _status(shop, "wide")["attempt"] == 2


def test_status_tells_how_far_a_search_is_while_it_goes_on(shop: Lab) -> None:
    slow = Candidate.model_validate(
        {
            "name": "forest",
            "estimator": FOREST,
            "parameters": {"n_estimators": 300},
            "space": [{"parameter": "max_depth", "integer": {"low": 4, "high": 40}}],
        }
    )
    start_run(shop, "told", training(slow, search={"trials": 16, "parallelism": 2}))
    seen: list[Object] = []

    def missing() -> str | None:
        progress = _status(shop, "told").get("progress") or {}
        trials = progress.get("trials") or {}
        if not trials.get("done") or not trials.get("running"):
            return f"the status says {progress}"
        seen[:] = [progress]
        return None

    shop.wait_for("trials to be done and to run", missing)

    [progress] = seen
    assert (progress["attempt"], progress["step"]) == (1, "Searching")
    assert progress["trials"]["done"] < progress["trials"]["planned"] <= 16
    assert 16 < progress["percent"] < 80
    assert progress["bestCandidate"] == "forest"
    assert progress["curve"]["of"] == "BestScore"
    assert "completionTime" not in _status(shop, "told")
    verdict_of(shop, "told", "Registered")
    last = _status(shop, "told")["progress"]
    assert (last["percent"], last["step"], last["trials"]["running"]) == (100, "Finished", 0)


def test_lost_pod_loses_no_trial(shop: Lab) -> None:
    start_run(
        shop,
        "robbed",
        training(*_CANDIDATES, search={"method": "Halving", "trials": 18, "parallelism": 2}),
    )
    shop.wait_ready("trainingrun", "robbed", ["Searching"])

    def missing() -> str | None:
        running = [pod for pod in shop.list("pod") if pod["status"]["phase"] == "Running"]
        return None if len(running) == 2 else f"{len(running)} pods run"

    shop.wait_for("both pods to run", missing)
    victim = shop.list("pod")[0]["metadata"]["name"]
    shop.run("delete", "pod", victim, "--force", "--grace-period=0")

    verdict_of(shop, "robbed", "Registered")

    search = _status(shop, "robbed")["search"]
    assert search["trials"] == search["finished"] + search["pruned"]


def test_run_that_lacks_memory_is_tried_once_more_with_twice_as_much(shop: Lab) -> None:
    small = {"resources": {"memory": "120Mi"}, "retry": {"memory_limit": "4Gi"}}
    start_run(shop, "small", training(**small))

    def missing() -> str | None:
        failed = _status(shop, "small").get("failedAttempts", [])
        return None if failed else "no attempt has failed"

    shop.wait_for("an attempt to fail", missing)

    [attempt, *_] = _status(shop, "small")["failedAttempts"]
    assert (attempt["number"], attempt["reason"], attempt["memory"]) == (1, "OutOfMemory", "120Mi")
    again = next(job for job in shop.list("job") if job["metadata"]["name"] != attempt["jobName"])
    [container] = again["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "240Mi"
