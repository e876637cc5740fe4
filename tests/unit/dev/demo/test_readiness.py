"""When a Deployment is ready, and why a pod is not, in one sentence."""

from typing import Any, cast

import pytest

from tidewheel_dev import api, errors
from tidewheel_dev.demo.readiness import deployment_ready, pod_problem


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        pytest.param(
            {"containerStatuses": [{"state": {"running": {}}}]}, None, id="a-running-pod-has-none"
        ),
        pytest.param(
            {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]},
            None,
            id="a-starting-pod-has-none",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    {
                        "restartCount": 3,
                        "state": {
                            "waiting": {"reason": "ErrImageNeverPull", "message": "no image"}
                        },
                    }
                ]
            },
            "pod 'store' is waiting: ErrImageNeverPull, no image",
            id="a-missing-image-is-named",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    {"restartCount": 3, "state": {"terminated": {"reason": "Error"}}}
                ]
            },
            "pod 'store' is terminated: Error, 3 restarts",
            id="a-crash-counts-its-restarts",
        ),
        pytest.param(
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no node"}]},
            "pod 'store': no node",
            id="an-unschedulable-pod-says-so",
        ),
    ],
)
def test_pod_problem(status: dict[str, Any], sentence: str | None) -> None:
    assert pod_problem({"metadata": {"name": "store"}, "status": status}) == sentence


class Server:
    """An API server with one Deployment of two replicas, the second of which is not ready."""

    def __init__(self, **status: int) -> None:
        self.status = status

    def get(self, path: str) -> dict[str, Any]:
        if path.endswith("/deployments/operator"):
            return {
                "metadata": {"generation": 2},
                "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "operator"}}},
                "status": self.status,
            }
        assert path.endswith("/pods?labelSelector=app%3Doperator")
        waiting = {"type": "Ready", "status": "False", "message": "it reads the objects"}
        return {
            "items": [
                {"metadata": {"name": "operator-a"}, "status": {"conditions": []}},
                {"metadata": {"name": "operator-b"}, "status": {"conditions": [waiting]}},
            ]
        }


def wait_for(**status: int) -> None:
    server = cast("api.Api", Server(**status))
    deployment_ready(server, "ops", "operator", timeout_seconds=0)


def test_deployment_is_ready_when_both_replicas_are() -> None:
    wait_for(observedGeneration=2, updatedReplicas=2, readyReplicas=2, replicas=2)


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        pytest.param(
            {"observedGeneration": 2, "updatedReplicas": 2, "readyReplicas": 1, "replicas": 2},
            1,
            id="one of two is not ready",
        ),
        pytest.param(
            {"observedGeneration": 2, "updatedReplicas": 2, "readyReplicas": 2, "replicas": 3},
            2,
            id="one of the old template still works",
        ),
        pytest.param(
            {"observedGeneration": 1, "updatedReplicas": 2, "readyReplicas": 2, "replicas": 2},
            2,
            id="the status is of the old template",
        ),
    ],
)
def test_deployment_is_not_ready_when(status: dict[str, int], ready: int) -> None:
    words = rf"{ready} of 2 pods are ready; pod 'operator-b': it reads the objects"
    with pytest.raises(errors.DevError, match=words):
        wait_for(**status)
