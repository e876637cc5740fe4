"""A run whose search needs KubeRay: without it nothing can be begun, and nothing concluded.

A RayJob that the operator cannot see may be there all the same, so its absence says nothing.
"""

from dataclasses import replace
from datetime import datetime

from tidewheel_contracts.api.v1alpha1.run_status import Reason, Stage
from tidewheel_contracts.api.v1alpha1.training_engine import TrainingEngine
from tidewheel_operator.policies.conditions import stalled
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.run_conditions import suspended
from tidewheel_operator.policies.training_run_view import RunDecision, TrainingRunView, step

__all__ = ["lacks_engine", "wait_for_engine"]

# How often the operator looks whether KubeRay has come.
_LOOK_SECONDS = 15.0
# An operator that has just started reads the RayJobs beside all else.
_FIRST_LOOK_SECONDS = 1.0


def lacks_engine(view: TrainingRunView) -> bool:
    """Tell whether what comes next is the search, and what is to run it is not there."""
    spec, search = view.run.spec, view.run.status.search
    is_searched = search is not None and search.completion_time is not None
    wants_ray = spec.engine is TrainingEngine.RAY_JOB and spec.search is not None
    return wants_ray and not is_searched and view.is_admitted and view.ray_problem is not None


def wait_for_engine(view: TrainingRunView, now: datetime) -> RunDecision:
    """Say what is missing, and look again; before anybody has looked, what was said stays.

    A run that is suspended waits for a person first, and tells them what else it will need.
    """
    if not view.ray_problem:
        return Decision(status=view.run.status, requeue_seconds=_FIRST_LOOK_SECONDS)
    message = f"`engine` is 'RayJob', and {view.ray_problem}"
    if view.run.spec.suspend and view.run.status.job_name is None:
        decision = step(view, now, suspended(view, message), stage=Stage.SUSPENDED)
    else:
        decision = step(view, now, stalled(Reason.ENGINE_MISSING, message), stage=Stage.WAITING)
    return replace(decision, requeue_seconds=_LOOK_SECONDS)
