"""The whole Job that runs a program, field by field."""

from typing import Any

import pytest
from tests.builders import make_dataset, make_run
from tests.unit.operator.manifests.expected import EGRESS, POD
from tests.unit.operator.observations import as_sent, collect_job, request_text, train_job

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import CollectRequest, TrainRequest
from tidewheel_operator.manifests.names import child_name, digest_of
from tidewheel_operator.manifests.pod import container_resources

FAILURE_RULES = [
    {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    },
    {
        "action": "Ignore",
        "onExitCodes": {"containerName": "main", "operator": "In", "values": [143]},
    },
    {
        "action": "FailJob",
        "onExitCodes": {"containerName": "main", "operator": "NotIn", "values": [11]},
    },
]


def test_collecting_job() -> None:
    job = as_sent(collect_job(make_dataset(), 3))

    request = request_text(job)
    container = {**POD["containers"][0], "env": [*POD["containers"][0]["env"], EGRESS]}
    tmp = {"name": "tmp", "emptyDir": {"sizeLimit": "50Gi"}}
    volumes = [POD["volumes"][0], tmp]
    pod = {**POD, "containers": [container], "volumes": volumes, "shareProcessNamespace": True}
    own_labels = {
        "app.kubernetes.io/managed-by": "tidewheel",
        "tidewheel.dev/owner-kind": "Dataset",
        "tidewheel.dev/dataset": "flights",
    }
    assert job == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": child_name("flights", "uid-dataset-flights", "round/3"),
            "namespace": "ml",
            "labels": own_labels,
            "annotations": {"tidewheel.dev/round": "3", "tidewheel.dev/generation": "1"},
            "ownerReferences": [
                {
                    "apiVersion": "tidewheel.dev/v1alpha1",
                    "kind": "Dataset",
                    "name": "flights",
                    "uid": "uid-dataset-flights",
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": 3600,
            "podFailurePolicy": {"rules": FAILURE_RULES},
            "template": {
                "metadata": {
                    "labels": own_labels,
                    "annotations": {"tidewheel.dev/request": request},
                },
                "spec": pod,
            },
        },
    }
    assert CollectRequest.model_validate_json(request).dataset_name == "flights"


def test_programs_that_fit_are_told_the_processors_that_their_pod_asks_for() -> None:
    [container] = train_job(make_run())["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        *POD["containers"][0]["env"],
        EGRESS,
        {
            "name": "TIDEWHEEL_THREADS",
            "valueFrom": {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1"}},
        },
    ]


def test_training_job_differs_by_program_labels_deadline_and_resources() -> None:
    run = make_run(active_deadline_seconds=600, resources={"cpu_milli": 2000, "memory": "4Gi"})

    job = train_job(run)

    container: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["train"]
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "4Gi"},
        "limits": {"memory": "4Gi"},
    }
    assert job["spec"]["activeDeadlineSeconds"] == 600
    assert job["metadata"]["labels"] == {
        labels.MANAGED_BY: labels.MANAGER,
        labels.OWNER_KIND: "TrainingRun",
        labels.RUN: "by-hand",
    }
    assert TrainRequest.model_validate_json(request_text(job)).run_uid == "uid-trainingrun-by-hand"


@pytest.mark.parametrize(
    ("milli", "cpu"),
    [
        pytest.param(10, "10m", id="thousandths"),
        pytest.param(1000, "1", id="a whole core"),
        pytest.param(1500, "1500m", id="a core and a half"),
    ],
)
def test_cpu_is_written_as_the_api_server_gives_it_back(milli: int, cpu: str) -> None:
    assert container_resources(Resources(cpu_milli=milli))["requests"]["cpu"] == cpu


@pytest.mark.parametrize(
    ("written", "given_back"),
    [
        pytest.param("512Mi", "512Mi", id="no whole Gi"),
        pytest.param("2048Mi", "2Gi", id="whole Gi"),
        pytest.param("1536Mi", "1536Mi", id="a Gi and a half"),
        pytest.param("1048576Mi", "1Ti", id="two units up"),
        pytest.param("2048Gi", "2Ti", id="whole Ti"),
    ],
)
def test_memory_is_written_as_the_api_server_gives_it_back(written: str, given_back: str) -> None:
    assert container_resources(Resources(memory=written)) == {
        "requests": {"cpu": "500m", "memory": given_back},
        "limits": {"memory": given_back},
    }


def test_child_names_are_short_and_told_apart_by_owner_and_purpose() -> None:
    longest = "a" * 40
    names = {
        child_name(longest, "uid-1", "train/1"),
        child_name(longest, "uid-2", "train/1"),
        child_name(longest, "uid-1", "train/2"),
    }

    assert len(names) == 3
    assert {len(name) for name in names} == {51}
    assert child_name(longest, "uid-1", "train/1") == child_name(longest, "uid-1", "train/1")


def test_digest_of_a_text() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of("") == f"sha256:{empty}"
