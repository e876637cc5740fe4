"""The last test of the gate: the serving image loads what was published, and answers test rows.

verdict in status -> Job of attempt n -> the test and maybe another verdict in status -> register
                                      |  answered otherwise, or not to be loaded: refused
                                      |  no answer for a reason that passes: the next attempt
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.gate_result import (
    LOAD_AND_QUERY,
    GateTest,
    GateTestResult,
)
from tidewheel_contracts.api.v1alpha1.run_result import Images, RunResult, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import (
    CheckProgress,
    Reason,
    Stage,
    TrainingRunStatus,
)
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine
from tidewheel_contracts.job import CheckRequest, CheckResult, FailureReason, Store
from tidewheel_operator.policies.conditions import stalled, working
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.held_job import wait
from tidewheel_operator.policies.job_state import RESULT_MISSING, Ended, job_state, round_of
from tidewheel_operator.policies.run_conditions import (
    failed,
    failure_of,
    held_back,
    while_running,
)
from tidewheel_operator.policies.run_job import run_job
from tidewheel_operator.policies.training_run_view import (
    RunDecision,
    TrainingRunView,
    finish,
    step,
)

__all__ = ["is_verified", "job_in_flight", "verify", "without_checks"]

Object = dict[str, Any]

_REFUSED = "LoadAndQueryFailed"
_OUT_OF_MEMORY = "OutOfMemory"
_MOST_ATTEMPTS = 3
# No server of this namespace would load it.
_UNSERVABLE = frozenset(
    reason.value
    for reason in (
        FailureReason.ARTIFACT_DAMAGED,
        FailureReason.SIGNATURE_MISSING,
        FailureReason.SIGNATURE_INVALID,
    )
)
# What another Job may find otherwise; a store that does not answer was asked four times by then.
_PASSING = frozenset({RESULT_MISSING, FailureReason.STORE_UNAVAILABLE.value})
_MOST_TESTS = 16
_LONGEST_MESSAGE = 256


def is_verified(status: TrainingRunStatus) -> bool:
    """Tell whether the serving image has nothing left to say of what a run published.

    A run that took a number before there was this test has passed the gate of its time.
    """
    if status.result is None:
        return False
    tests = status.result.gate
    return status.version_number is not None or any(t.name == LOAD_AND_QUERY for t in tests)


def job_in_flight(status: TrainingRunStatus) -> str | None:
    """Return the name of the Job that a run waits for, as far as its status knows."""
    if status.result is None:
        return status.job_name
    return status.check.job_name if status.check is not None and not is_verified(status) else None


def without_checks(view: TrainingRunView) -> TrainingRunView:
    """Return the view with the Jobs that learn alone."""
    return replace(view, jobs=tuple(job for job in view.jobs if not _is_check(job)))


def verify(view: TrainingRunView, result: RunResult, now: datetime) -> RunDecision:
    """Return the next step of a run whose gate has passed but for this test.

    Raises:
        ValueError: the run published nothing.
    """
    status = view.run.status
    known = _attempt(status)
    job = max((job for job in view.jobs if _is_check(job)), key=round_of, default=None)
    if job is not None and round_of(job) >= known:
        return _follow(view, result, job, now)
    if known >= _MOST_ATTEMPTS:
        message = f"the last of {known} Jobs of the serving image was deleted before its end"
        return finish(view, now, failed(Reason.JOB_LOST, message))
    return _start(view, result, now, "the Job of the serving image is being created")


def _start(view: TrainingRunView, result: RunResult, now: datetime, message: str) -> RunDecision:
    if view.run.spec.suspend:
        held = held_back("`spec.suspend` is true: when it is false, the serving image is asked")
        return step(view, now, held, stage=Stage.SUSPENDED)
    if view.store is None:
        lacking = "the namespace needs an ArtifactStore named 'default'"
        return step(view, now, stalled(Reason.STORE_MISSING, lacking), stage=Stage.WAITING)
    store = Store(spec=view.store, namespace=view.run.metadata.namespace)
    return step(
        view,
        now,
        working(Reason.VERIFYING, message),
        stage=Stage.VERIFYING,
        create=(_job(view, result, store),),
    )


def _job(view: TrainingRunView, result: RunResult, store: Store) -> Object:
    artifact = result.artifact
    if artifact is None:
        raise ValueError("the run published nothing")
    request = CheckRequest(
        store=store,
        model_name=view.run.spec.model_name,
        manifest_key=artifact.manifest_key,
        manifest_digest=artifact.manifest_digest,
        artifact_digest=artifact.digest,
    )
    attempt = 1 + _attempt(view.run.status)
    return run_job(view, request, "check", attempt, view.server_image, view.server_resources)


def _follow(view: TrainingRunView, result: RunResult, job: Object, now: datetime) -> RunDecision:
    metadata = job["metadata"]
    progress = CheckProgress(attempt=round_of(job), job_name=metadata["name"])
    status = view.run.status.model_copy(update={"check": progress})
    state = job_state(job, view.pods.get(metadata["uid"], ()))
    if isinstance(state, Ended):
        return _after_check(view, result, status, state, now)
    if state.is_ending:
        return Decision(status=view.run.status)
    if job["spec"].get("suspend"):
        return wait(view, job, status, now)
    message = "the serving image loads the published model and answers test rows"
    conditions = while_running(view, state, Reason.VERIFYING, message)
    return step(view, now, conditions, stage=Stage.VERIFYING, status=status)


def _after_check(
    view: TrainingRunView,
    result: RunResult,
    status: TrainingRunStatus,
    ended: Ended,
    now: datetime,
) -> RunDecision:
    if isinstance(ended.message, CheckResult):
        found = result.model_copy(update={"engine": ended.message.engine})
        return _record(view, found, status, _test(ended.message), ended.image, now)
    if ended.reason in _UNSERVABLE:
        test = _test_of(GateTestResult.FAILED, ended.explanation)
        return _record(view, result, status, test, ended.image, now)
    if ended.reason in _PASSING and _attempt(status) < _MOST_ATTEMPTS:
        again = replace(view, run=replace(view.run, status=status))
        return _start(again, result, now, f"{ended.explanation}; another Job asks again")
    reason, explanation = failure_of(view.run.status, ended)
    if reason == _OUT_OF_MEMORY:
        explanation = (
            f"a server gets {view.server_resources.memory} of memory, and the published model "
            "does not load in that; raise `resources.memory` of the ModelDeployment, or of "
            "`deployment` in the ModelPipeline"
        )
    return finish(view, now, failed(reason, explanation), status=status)


def _record(
    view: TrainingRunView,
    result: RunResult,
    status: TrainingRunStatus,
    test: GateTest,
    image: str,
    now: datetime,
) -> RunDecision:
    update: dict[str, object] = {"gate": _with_test(result.gate, test)}
    if test.result is GateTestResult.FAILED:
        update |= {
            "verdict": Verdict.REFUSED,
            "verdict_reason": _REFUSED,
            "message": f"the serving image fails with what was published: {test.message}",
        }
    after = status.model_copy(
        update={
            "result": result.model_copy(update=update),
            "images": (status.images or Images()).model_copy(update={"server": image}),
        }
    )
    conditions = working(Reason.REGISTERING, "the answers of the serving image are recorded")
    return step(view, now, conditions, stage=Stage.REGISTERING, status=after)


def _test(found: CheckResult) -> GateTest:
    if not found.rows:
        words = "an earlier release published it, without rows to ask; it loads"
        return _test_of(GateTestResult.INCONCLUSIVE, words)
    counts = (
        (found.refused, "refused"),
        (found.other_labels, "with another label"),
        (found.other_numbers, "with other numbers"),
    )
    wrong = ", ".join(f"{count:,} {words}" for count, words in counts if count)
    if wrong:
        words = f"{found.rows:,} test rows asked, {wrong}; {found.example}"
        return _test_of(GateTestResult.FAILED, words)
    words = (
        f"{found.rows:,} test rows answered as by the fit; loaded in {found.load_seconds:.1f} s, "
        f"a row takes {found.answer_milliseconds:.1f} ms{_engine(found.engine)}"
    )
    return _test_of(GateTestResult.PASSED, words)


def _engine(engine: ServingEngine | None) -> str:
    if engine is None:
        return ""
    return f"; {engine.kind} predicts{' (' + engine.message + ')' if engine.message else ''}"


def _test_of(result: GateTestResult, words: str) -> GateTest:
    return GateTest(name=LOAD_AND_QUERY, result=result, message=words[:_LONGEST_MESSAGE])


def _with_test(tests: tuple[GateTest, ...], last: GateTest) -> tuple[GateTest, ...]:
    """Return the tests with the last one; of too many, the newest that passed makes room."""
    if len(tests) < _MOST_TESTS:
        return (*tests, last)
    passed = [place for place, test in enumerate(tests) if test.result is GateTestResult.PASSED]
    gone = passed[-1] if passed else len(tests) - 1
    return (*tests[:gone], *tests[gone + 1 :], last)


def _attempt(status: TrainingRunStatus) -> int:
    return status.check.attempt if status.check is not None else 0


def _is_check(job: Object) -> bool:
    annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
    try:
        CheckRequest.model_validate_json(annotations.get(labels.REQUEST, ""))
    except ValidationError:
        return False
    return True
