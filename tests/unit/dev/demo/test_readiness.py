"""Why a pod is not ready, in one sentence."""

from typing import Any

import pytest

from tidewheel_dev.demo.readiness import pod_problem


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
