"""Reports as pods of a run make them."""

from typing import Any

from tidewheel_contracts.api.v1alpha1.run_progress import TrialCounts
from tidewheel_contracts.report import Report
from tidewheel_operator.policies.reported import Told


def told(attempt: int = 1, **fields: Any) -> Told:
    """Return what a pod of an attempt told."""
    plain = {"step": "Choosing", "percent": 30, "message": "fit forest on 7,000 rows"}
    return Told(attempt, Report.model_validate({**plain, **fields}))


def trials(done: int, **fields: Any) -> TrialCounts:
    """Return the counts of a search of eight trials."""
    return TrialCounts(planned=8, done=done, **fields)
