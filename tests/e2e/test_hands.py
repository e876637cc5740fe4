"""What people do by hand, and what dies on the way: the loop ends the same, nothing is doubled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e import replicas
from tests.e2e.lab import (
    FOREST,
    Lab,
    Object,
    Run,
    condition,
    dataset_spec,
    training,
    visits,
    wait_champion,
)

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    Serving,
    VersionChoice,
    VersionPolicy,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec

# Slow by its many trees, small by their depth.
SLOW = Candidate(name="forest", estimator=FOREST, parameters={"n_estimators": 1500, "max_depth": 6})


@pytest.fixture
def shop(lab: Lab) -> Lab:
    """Return a lab with thirty days of visits in a snapshot."""
    lab.put("shop", "1.parquet", visits(0, 30))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop", every_seconds=10))
    lab.wait_ready("dataset", "shop", ["SnapshotReady"])
    return lab


@pytest.fixture
def turning(shop: Lab) -> Lab:
    """Return a lab whose pipeline serves its first version."""
    shop.create("ModelPipeline", "buyer", _pipeline())
    shop.wait_ready("modelpipeline", "buyer", ["Turning"])
    return shop


def _pipeline() -> ModelPipelineSpec:
    return ModelPipelineSpec(
        dataset_name="shop",
        training=training(),
        deployment=Serving(rollback_window_seconds=600),
    )


def _run_spec(how: Candidate) -> TrainingRunSpec:
    return TrainingRunSpec(**training(how).model_dump(), dataset_name="shop", model_name="buyer")


def _numbers(lab: Lab) -> list[int]:
    return [item["spec"]["number"] for item in lab.list("modelversion")]


@pytest.fixture
def mended(kubectl: Run) -> Iterator[None]:
    """Replace the replicas afterwards: the kubelet holds back what has ended so often."""
    yield
    replicas.restart(kubectl)


def test_operator_killed_again_and_again_ends_the_same(shop: Lab, mended: None) -> None:
    shop.create("TrainingRun", "often", _run_spec(SLOW))
    kills = 0

    def missing() -> str | None:
        nonlocal kills
        run = shop.get("trainingrun", "often")
        if condition(run, "Complete").get("status") == "True":
            return None
        kills += 1
        replicas.kill(replicas.leader(shop.kubectl))
        return f"{condition(run, 'Ready').get('reason')}"

    shop.wait_for("the run", missing, seconds=240)

    assert kills > 2
    assert _numbers(shop) == [1]
    jobs = [job for job in shop.list("job") if job["metadata"]["labels"].get("tidewheel.dev/run")]
    assert sorted(_program(job) for job in jobs) == ["check", "train"]
    run = shop.get("trainingrun", "often")
    assert run is not None
    assert (run["status"]["attempt"], run["status"]["versionNumber"]) == (1, 1)


def _program(job: Object) -> str:
    program: str = job["spec"]["template"]["spec"]["containers"][0]["args"][0]
    return program


def test_deleted_job_is_made_again_and_a_deleted_run_takes_its_job_along(shop: Lab) -> None:
    shop.create("TrainingRun", "once", _run_spec(SLOW))
    first = _job_of(shop, attempt=1)
    shop.run("delete", "job", first)
    second = _job_of(shop, attempt=2)

    shop.run("delete", "trainingrun", "once")

    shop.wait_for(
        "the Job of the deleted run to go",
        lambda: "it is still there" if shop.get("job", second) is not None else None,
    )
    assert _numbers(shop) == []


def _job_of(lab: Lab, attempt: int) -> str:
    def missing() -> str | None:
        status = (lab.get("trainingrun", "once") or {}).get("status", {})
        return None if status.get("attempt") == attempt else json.dumps(status.get("conditions"))

    lab.wait_for(f"attempt {attempt}", missing)
    run = lab.get("trainingrun", "once")
    assert run is not None
    name: str = run["status"]["jobName"]
    return name


def test_deleted_run_in_flight_does_not_block_its_pipeline(shop: Lab) -> None:
    shop.create("ModelPipeline", "buyer", _pipeline())
    shop.wait_for("a run", lambda: None if shop.list("trainingrun") else "none yet")
    shop.run("delete", "trainingrun", shop.list("trainingrun")[0]["metadata"]["name"])

    shop.create("TrainingRun", "by-hand", _by_hand())

    shop.wait_ready("trainingrun", "by-hand", ["Registered"])
    shop.wait_ready("modelpipeline", "buyer", ["Turning"])


def _by_hand() -> TrainingRunSpec:
    return TrainingRunSpec(
        **training().model_dump(), dataset_name="shop", model_name="buyer", pipeline_name="buyer"
    )


def test_deleted_version_goes_on_serving_and_numbers_are_never_reused(turning: Lab) -> None:
    turning.run("delete", "modelversion", "buyer-v1")

    turning.wait_for("VersionMissing", lambda: _lacks(turning, "VersionMissing"))
    assert condition(turning.get("modeldeployment", "buyer"), "Ready")["status"] == "True"

    turning.create("TrainingRun", "by-hand", _by_hand())
    turning.wait_ready("trainingrun", "by-hand", ["Registered"])
    assert _numbers(turning) == [2]
    wait_champion(turning, 2)


def _lacks(lab: Lab, type_: str) -> str | None:
    found = condition(lab.get("modeldeployment", "buyer"), type_)
    return None if found.get("status") == "True" else "no such condition"


def test_older_number_on_the_pipeline_rolls_back_and_the_pin_can_go(turning: Lab) -> None:
    turning.create("TrainingRun", "by-hand", _by_hand())
    turning.wait_ready("trainingrun", "by-hand", ["Registered"])
    wait_champion(turning, 2)
    pods = _pods(turning, 1)

    _pin(turning, VersionChoice(policy=VersionPolicy.PINNED, number=1))
    wait_champion(turning, 1)

    assert _pods(turning, 1) == pods
    assert not _lacks(turning, "Pinned")
    _pin(turning, VersionChoice())
    wait_champion(turning, 2)


def _pin(lab: Lab, choice: VersionChoice) -> None:
    version = choice.to_wire() | ({} if choice.number else {"number": None})
    patch = json.dumps({"spec": {"deployment": {"version": version}}})
    lab.run("patch", "modelpipeline", "buyer", "--type=merge", "-p", patch)


def _pods(lab: Lab, number: int) -> list[str]:
    selector = f"tidewheel.dev/version={number}"
    items: list[dict[str, Any]] = json.loads(lab.run("get", "pods", "-l", selector, "-o", "json"))[
        "items"
    ]
    return [item["metadata"]["uid"] for item in items]


def test_old_version_goes_after_its_window_and_a_pin_to_nothing_is_told(turning: Lab) -> None:
    spec = ModelDeploymentSpec(
        model_name="buyer",
        rollback_window_seconds=5,
        version=VersionChoice(policy=VersionPolicy.PINNED, number=1),
    )
    turning.create("ModelDeployment", "own", spec)
    turning.wait_ready("modeldeployment", "own", ["Serving"])
    turning.create("TrainingRun", "by-hand", _by_hand())
    turning.wait_ready("trainingrun", "by-hand", ["Registered"])

    turning.run("patch", "mdep", "own", "--type=merge", "-p", _version_patch(2))
    turning.wait_for(
        "version 1 of the own deployment to go",
        lambda: "still there" if turning.get("deployment", "own-v1") is not None else None,
    )
    assert turning.get("service", "own-v1") is None

    turning.run("patch", "mdep", "own", "--type=merge", "-p", _version_patch(9))
    turning.wait_for("Stalled", lambda: _is_not_stalled(turning, "VersionNotFound"))
    assert condition(turning.get("modeldeployment", "own"), "Ready")["status"] == "True"


def _version_patch(number: int) -> str:
    return json.dumps({"spec": {"version": {"policy": "Pinned", "number": number}}})


def _is_not_stalled(lab: Lab, reason: str) -> str | None:
    found = condition(lab.get("modeldeployment", "own"), "Stalled")
    return None if found.get("reason") == reason else json.dumps(found)
