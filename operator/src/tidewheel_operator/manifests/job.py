"""Jobs: one program, one request, created once; the Job itself is the record of the intent."""

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import (
    CREDENTIALS_PATH,
    CheckRequest,
    CollectRequest,
    ExitCode,
    ImportRequest,
    ProbeRequest,
    PruneRequest,
    ReduceRequest,
    Request,
    RunRequest,
    SearchRequest,
    TrainRequest,
)
from tidewheel_operator.manifests.egress import Egress, egress_variable
from tidewheel_operator.manifests.metadata import owned_metadata
from tidewheel_operator.manifests.pod import program_container, program_pod
from tidewheel_operator.manifests.threads import threads_variable

__all__ = ["JobOwner", "ProgramImage", "program_job"]

Object = dict[str, Any]

# A pod that a person, a drained node or Kueue ends with SIGTERM did nothing wrong.
_ENDED_BY_SIGNAL = 143
_PROGRAMS: dict[type[Request], str] = {
    CollectRequest: "collect",
    ProbeRequest: "probe",
    PruneRequest: "prune",
    TrainRequest: "train",
    SearchRequest: "search",
    ReduceRequest: "reduce",
    ImportRequest: "import",
    CheckRequest: "check",
}
# The kernel keeps SIGTERM from the first process of a container that has no handler for it, and a
# Python handler waits for a long fit. In a namespace of the whole pod ours is not the first.
_ENDS_AT_ONCE = {"shareProcessNamespace": True}
# Read by the pod's own group, and by nobody else.
_SECRET_MODE = 0o440


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
    request: Request,
    image: ProgramImage,
    egress: Egress,
    resources: Resources,
    deadline_seconds: int,
    source_secret: str | None = None,
    scratch: str | None = None,
) -> Object:
    """Return the Job that runs the program of a request.

    A failure of the user's making ends the Job at once; a lost node or a store that does not
    answer is tried again, within the deadline.

    Args:
        name: name of the Job.
        owner: whose Job it is.
        round_number: which round or attempt of its owner it is.
        request: what the program is asked to do; it tells which program.
        image: image of the program.
        egress: what the program may connect to.
        resources: what the pod asks for.
        deadline_seconds: after so many seconds the Job has failed.
        source_secret: Secret that opens the source.
        scratch: most bytes that the program may have on disk.
    """
    container = program_container(
        image=image.reference,
        pull_policy=image.pull_policy,
        secret_name=request.store.spec.secret_name,
        resources=resources,
    )
    container["args"] = [_PROGRAMS[type(request)]]
    container["env"] = [*container["env"], egress_variable(egress, owner.namespace)]
    if isinstance(request, RunRequest):
        container["env"].append(threads_variable())
    pod = {**program_pod(container, scratch), **_ENDS_AT_ONCE}
    if source_secret is not None:
        _mount_credentials(pod, container, source_secret)
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
                "spec": {**pod, "restartPolicy": "Never"},
            },
        },
    }


def _mount_credentials(pod: Object, container: Object, secret_name: str) -> None:
    """Give a container the keys of a Secret as files: variables would show in every dump of them.

    A pod whose volume has no Secret waits without a word of why, so the program starts without it
    and says which Secret is missing.
    """
    pod["volumes"].append(
        {
            "name": "source-credentials",
            "secret": {
                "secretName": secret_name,
                "defaultMode": _SECRET_MODE,
                "optional": True,
            },
        }
    )
    container["volumeMounts"].append(
        {"name": "source-credentials", "mountPath": CREDENTIALS_PATH, "readOnly": True}
    )


def _failure_rules() -> list[Object]:
    return [
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        },
        {
            "action": "Ignore",
            "onExitCodes": {
                "containerName": "main",
                "operator": "In",
                "values": [_ENDED_BY_SIGNAL],
            },
        },
        {
            "action": "FailJob",
            "onExitCodes": {
                "containerName": "main",
                "operator": "NotIn",
                "values": [ExitCode.STORE_UNAVAILABLE],
            },
        },
    ]
