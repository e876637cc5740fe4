"""Jobs: one program, one request, created once; the Job itself is the record of the intent."""

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import CollectRequest, ExitCode, TrainRequest
from tidewheel_operator.manifests.metadata import owned_metadata
from tidewheel_operator.manifests.pod import program_container, program_pod

__all__ = ["JobOwner", "ProgramImage", "program_job"]

Object = dict[str, Any]

# A pod that a person or a drained node ends with SIGTERM did nothing wrong.
_ENDED_BY_SIGNAL = 143


@dataclass(frozen=True, slots=True)
class ProgramImage:
    """Which image a program runs from."""

    reference: str
    pull_policy: str


@dataclass(frozen=True, slots=True)
class JobOwner:
    """Whose Job it is."""

    kind: str
    name: str
    namespace: str
    uid: str
    generation: int
    label: str


def program_job(
    *,
    name: str,
    owner: JobOwner,
    round_number: int,
    request: CollectRequest | TrainRequest,
    image: ProgramImage,
    resources: Resources,
    deadline_seconds: int,
) -> Object:
    """Return the Job that runs `tidewheel_trainer` on a request.

    A failure of the user's making ends the Job at once; a lost node or a store that does not
    answer is tried again, within the deadline.
    """
    container = program_container(
        image=image.reference,
        pull_policy=image.pull_policy,
        secret_name=request.store.spec.secret_name,
        resources=resources,
    )
    container["args"] = ["collect" if isinstance(request, CollectRequest) else "train"]
    own_labels = {owner.label: owner.name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": owned_metadata(
            name=name,
            namespace=owner.namespace,
            owner_kind=owner.kind,
            owner_name=owner.name,
            owner_uid=owner.uid,
            extra_labels=own_labels,
            annotations={
                labels.ROUND: str(round_number),
                labels.GENERATION: str(owner.generation),
            },
        ),
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": deadline_seconds,
            "podFailurePolicy": {"rules": _failure_rules()},
            "template": {
                "metadata": {
                    "labels": {
                        labels.MANAGED_BY: labels.MANAGER,
                        labels.OWNER_KIND: owner.kind,
                        **own_labels,
                    },
                    "annotations": {labels.REQUEST: request.to_json()},
                },
                "spec": {**program_pod(container), "restartPolicy": "Never"},
            },
        },
    }


def _failure_rules() -> list[Object]:
    return [
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        },
        {
            "action": "FailJob",
            "onExitCodes": {
                "containerName": "main",
                "operator": "NotIn",
                "values": [ExitCode.STORE_UNAVAILABLE, _ENDED_BY_SIGNAL],
            },
        },
    ]
