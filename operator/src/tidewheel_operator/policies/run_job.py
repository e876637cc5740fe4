"""What all Jobs of a run have in common: name, owner, deadline, and the queue that they wait in."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import Request
from tidewheel_operator.manifests.job import JobOwner, ProgramImage, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.manifests.queued_job import queued
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["run_job"]

Object = dict[str, Any]


def run_job(
    view: TrainingRunView,
    request: Request,
    purpose: str,
    attempt: int,
    image: ProgramImage,
    resources: Resources,
) -> Object:
    """Return the Job of a run that does what a request asks.

    Args:
        view: the run.
        request: what its program is asked.
        purpose: what tells the Job from the run's others of the same attempt.
        attempt: how many Jobs of this purpose there were, with this one.
        image: that of the program.
        resources: what each of its pods gets.
    """
    metadata, spec = view.run.metadata, view.run.spec
    job = program_job(
        name=child_name(metadata.name, metadata.uid, f"{purpose}/{attempt}"),
        owner=JobOwner(
            kind="TrainingRun",
            name=metadata.name,
            namespace=metadata.namespace,
            uid=metadata.uid,
            generation=metadata.generation,
            label=labels.RUN,
        ),
        round_number=attempt,
        request=request,
        image=image,
        egress=view.egress,
        resources=resources,
        deadline_seconds=spec.active_deadline_seconds,
    )
    if spec.queue_name is None:
        return job
    return queued(job, spec.queue_name, spec.priority_class_name)
