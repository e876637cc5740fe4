"""What policies are given: objects as models, Jobs and pods as the cluster has them."""

import copy
from datetime import datetime
from typing import Any

from tests.builders import (
    NOW,
    Object,
    digest,
    make_result,
    make_snapshot,
    make_store,
    models_of,
    snapshot_reference,
    stored,
    time_text,
)

from tidewheel_contracts import labels
from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.api.v1alpha1.dataset_source import source_secret_name
from tidewheel_contracts.api.v1alpha1.model_deployment import ServerResources
from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_contracts.job import (
    CheckRequest,
    CollectRequest,
    ImportRequest,
    ProbeRequest,
    PruneRequest,
    ReduceRequest,
    Request,
    SearchRequest,
    Store,
    TrainingTask,
    TrainRequest,
    Wire,
)
from tidewheel_operator.manifests.egress import USUAL_EGRESS
from tidewheel_operator.manifests.indexed_job import indexed
from tidewheel_operator.manifests.job import JobOwner, ProgramImage, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.policies.observed import Observed, parse

TRAINER = ProgramImage("registry.test/trainer:1", "IfNotPresent")
SERVER = ProgramImage("registry.test/server:1", "IfNotPresent")


def observed(item: Object) -> Observed[Any, Any]:
    """Return an object as its models; the builders never make an unreadable one."""
    found = parse(item, *models_of(item["kind"]))
    assert isinstance(found, Observed)
    return found


def collect_job(dataset: Object, round_number: int = 1, **metadata: Any) -> Object:
    """Return the Job of a Dataset's collection."""
    spec = observed(dataset).spec
    request = CollectRequest(
        store=Store(spec=observed(make_store()).spec, namespace=dataset["metadata"]["namespace"]),
        dataset_name=dataset["metadata"]["name"],
        source=spec.source,
        target=spec.target,
        time=spec.time,
        steps=spec.steps,
        checks=spec.checks,
        split=spec.split,
        refresh=spec.refresh,
    )
    return _round(dataset, round_number, request, metadata)


def probe_job(dataset: Object, round_number: int = 2, **metadata: Any) -> Object:
    """Return the Job of a probe of a Dataset that has the snapshot of `make_snapshot`."""
    status = observed(dataset).status
    request = ProbeRequest(
        store=Store(spec=observed(make_store()).spec, namespace=dataset["metadata"]["namespace"]),
        dataset_name=dataset["metadata"]["name"],
        source=observed(dataset).spec.source,
        previous={
            "snapshot": snapshot_reference(status.snapshot or make_snapshot()),
            "source_fingerprint": status.source_fingerprint or digest("source"),
        },
    )
    return _round(dataset, round_number, request, metadata)


def prune_job(
    dataset: Object, round_number: int, in_use: tuple[str, ...] = (), **metadata: Any
) -> Object:
    """Return the Job that removes old snapshots of a Dataset."""
    request = PruneRequest(
        store=Store(spec=observed(make_store()).spec, namespace=dataset["metadata"]["namespace"]),
        dataset_name=dataset["metadata"]["name"],
        retention=observed(dataset).spec.retention,
        in_use=in_use,
    )
    return _round(dataset, round_number, request, metadata)


def _round(dataset: Object, number: int, request: Request, metadata: dict[str, Any]) -> Object:
    return _job(dataset, labels.DATASET, f"round/{number}", number, request, metadata)


def train_job(
    run: Object,
    round_number: int = 1,
    champion: ChampionReference | None = None,
    **metadata: Any,
) -> Object:
    """Return the Job of a run's attempt, which learns the snapshot of `make_snapshot`."""
    request = TrainRequest(**_task(run, champion))
    return _job(run, labels.RUN, f"train/{round_number}", round_number, request, metadata)


def search_job(
    run: Object, round_number: int = 1, champion: ChampionReference | None = None
) -> Object:
    """Return the Job whose pods run the trials of a run's search."""
    request = SearchRequest(**_task(run, champion))
    job = _job(run, labels.RUN, f"search/{round_number}", round_number, request, {})
    return indexed(job, observed(run).spec.search.parallelism)


def reduce_job(
    run: Object, round_number: int = 2, champion: ChampionReference | None = None
) -> Object:
    """Return the Job that judges the best trial of a run's search."""
    request = ReduceRequest(**_task(run, champion))
    return _job(run, labels.RUN, f"reduce/{round_number}", round_number, request, {})


def import_job(run: Object, champion: ChampionReference | None = None) -> Object:
    """Return the Job that judges the model which a run imports."""
    request = ImportRequest(**_task(run, champion), imported=observed(run).spec.imported)
    return _job(run, labels.RUN, "import/1", 1, request, {})


def check_job(run: Object, number: int = 1, result: RunResult | None = None) -> Object:
    """Return the Job in which the serving image is asked, of a run that published `result`."""
    artifact = (result or make_result()).artifact
    assert artifact is not None
    request = CheckRequest(
        store=Store(spec=observed(make_store()).spec, namespace=run["metadata"]["namespace"]),
        model_name=observed(run).spec.model_name,
        manifest_key=artifact.manifest_key,
        manifest_digest=artifact.manifest_digest,
        artifact_digest=artifact.digest,
    )
    return _job(run, labels.RUN, f"check/{number}", number, request, {})


def _task(run: Object, champion: ChampionReference | None) -> dict[str, Any]:
    spec = observed(run).spec
    return {
        "store": Store(spec=observed(make_store()).spec, namespace=run["metadata"]["namespace"]),
        "run_name": run["metadata"]["name"],
        "run_uid": run["metadata"]["uid"],
        "model_name": spec.model_name,
        "dataset_name": spec.dataset_name,
        "snapshot": snapshot_reference(make_snapshot()),
        "target": {"column": "late"},
        "time": {"column": "scheduled_departure"},
        "training": spec.model_dump(
            exclude={"dataset_name", "model_name", "pipeline_name", "engine"}
        ),
        "champion": champion,
    }


def _job(
    owner: Object,
    label: str,
    purpose: str,
    round_number: int,
    request: Request,
    metadata: dict[str, Any],
) -> Object:
    facts, spec = owner["metadata"], observed(owner).spec
    reads_source = isinstance(request, CollectRequest | ProbeRequest)
    is_large = isinstance(request, CollectRequest | TrainingTask)
    is_served = isinstance(request, CheckRequest)
    small = ServerResources() if is_served else Resources(cpu_milli=50, memory="256Mi")
    deadline = 600 if isinstance(request, ProbeRequest) else 3600
    manifest = program_job(
        name=child_name(facts["name"], facts["uid"], purpose),
        owner=JobOwner(
            kind=owner["kind"],
            name=facts["name"],
            namespace=facts["namespace"],
            uid=facts["uid"],
            generation=facts["generation"],
            label=label,
        ),
        round_number=round_number,
        request=request,
        image=SERVER if is_served else TRAINER,
        egress=USUAL_EGRESS,
        resources=spec.resources if is_large else small,
        deadline_seconds=getattr(spec, "active_deadline_seconds", deadline),
        source_secret=source_secret_name(spec.source) if reads_source else None,
        scratch=spec.scratch if reads_source else None,
    )
    return stored(manifest, **metadata)


def ended_job(job: Object, kind: str = "Complete", reason: str = "", message: str = "") -> Object:
    """Return a Job that the Job controller has finished."""
    item = copy.deepcopy(job)
    entry = {"type": kind, "status": "True", "reason": reason, "message": message}
    return {**item, "status": {"conditions": [entry]}}


def job_pod(job: Object, state: Object, *, name: str = "", **status: Any) -> Object:
    """Return the pod of a Job with one container in this state."""
    template = job["spec"]["template"]
    container = template["spec"]["containers"][0]
    return stored(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name or f"{job['metadata']['name']}-pod",
                "namespace": job["metadata"]["namespace"],
                "labels": {
                    **template["metadata"]["labels"],
                    "batch.kubernetes.io/job-name": job["metadata"]["name"],
                },
                "ownerReferences": [
                    {
                        "apiVersion": "batch/v1",
                        "kind": "Job",
                        "name": job["metadata"]["name"],
                        "uid": job["metadata"]["uid"],
                        "controller": True,
                    }
                ],
            },
            "spec": template["spec"],
        },
        {
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": f"{container['image']}@sha256:1",
                    "state": state,
                }
            ],
            **status,
        },
    )


def conditions(
    reason: str,
    message: str,
    *others: str,
    ready: str = "False",
    since: datetime = NOW,
    generation: int = 1,
) -> tuple[Condition, ...]:
    """Return Ready and, with its words, the conditions of other types that are True."""
    statuses = {"Ready": ready, **dict.fromkeys(others, "True")}
    return tuple(
        Condition(
            type=kind,
            status=ConditionStatus(status),
            observed_generation=generation,
            last_transition_time=time_text(since),
            reason=reason,
            message=message,
        )
        for kind, status in statuses.items()
    )


def as_sent(item: Object) -> Object:
    """Return a stored object as it was before the API server added its fields."""
    fields = ("uid", "resourceVersion", "generation", "creationTimestamp")
    metadata = {key: value for key, value in item["metadata"].items() if key not in fields}
    return {**item, "metadata": metadata}


def request_text(job: Object) -> str:
    """Return the request that a Job or Deployment gives to its program."""
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    return str(annotations[labels.REQUEST])


def terminated(exit_code: int, message: Wire | str = "", reason: str = "") -> Object:
    """Return the state of a container that has ended."""
    text = message if isinstance(message, str) else message.to_json()
    return {"terminated": {"exitCode": exit_code, "message": text, "reason": reason}}
