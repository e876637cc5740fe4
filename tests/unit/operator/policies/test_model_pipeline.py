"""A pipeline opens runs, admits one at a time and keeps its deployment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import (
    NOW,
    Object,
    make_snapshot,
    make_version,
    stored,
    time_text,
)
from tests.unit.operator.observations import conditions
from tests.unit.operator.policies.loops import (
    FIRST,
    handled,
    last_run,
    learned,
    queued,
    recipe,
    serving,
    target,
    view,
)
from tests.unit.operator.policies.served import state

from tidewheel_contracts import labels
from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_pipeline import HandledCause, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_pipeline import decide, opened_run
from tidewheel_operator.policies.triggers import Opening

FINGERPRINT = digest_of(f"{FIRST.digest}\n{recipe()}\n{target()}")
RUN = "flight-delay-" + digest_of(f"uid-modelpipeline-flight-delay\nInitial\n{FINGERPRINT}")[7:17]


def triggered(
    status: str, reason: str, message: str, ready: Sequence[Condition] = ()
) -> tuple[Condition, ...]:
    """Return the conditions of health with the one that tells about triggers after them."""
    [condition] = conditions(reason, message, ready=status)
    return (*ready, condition.model_copy(update={"type": "Triggered"}))


def said(decision: Decision[ModelPipelineStatus]) -> tuple[str, str, str]:
    """Return what the decision says about triggers."""
    found = next(item for item in decision.status.conditions if item.type == "Triggered")
    return (found.status.value, found.reason, found.message)


def test_first_snapshot_opens_the_first_run() -> None:
    decision = decide(view(versions=()), NOW)

    assert decision == Decision(
        status=ModelPipelineStatus(
            observed_generation=1,
            conditions=triggered(
                "True",
                "Opened",
                f"run '{RUN}' opens: the first model learns 1000 labelled rows",
                conditions("FirstModelPending", "the first run is being opened", "Reconciling"),
            ),
        ),
        create=(opened_run(view(), Opening(Cause.INITIAL, FINGERPRINT, "")),),
        apply=decision.apply,
    )


def test_opened_run_is_named_by_its_cause_and_carries_it() -> None:
    run = opened_run(view(), Opening(Cause.INITIAL, FINGERPRINT, ""))
    again = opened_run(view(), Opening(Cause.INITIAL, FINGERPRINT, "other words"))
    others = [
        opened_run(view(), Opening(Cause.ALERT, FINGERPRINT, "")),
        opened_run(view(), Opening(Cause.INITIAL, digest_of("another"), "")),
    ]

    assert run == again
    assert run["metadata"] == {
        "name": RUN,
        "namespace": "ml",
        "labels": {
            labels.MANAGED_BY: labels.MANAGER,
            labels.OWNER_KIND: "ModelPipeline",
            labels.PIPELINE: "flight-delay",
            labels.MODEL: "flight-delay",
            labels.CAUSE: "Initial",
        },
        "annotations": {labels.FINGERPRINT: FINGERPRINT},
        "ownerReferences": [
            {
                "apiVersion": "tidewheel.dev/v1alpha1",
                "kind": "ModelPipeline",
                "name": "flight-delay",
                "uid": "uid-modelpipeline-flight-delay",
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }
    assert len({item["metadata"]["name"] for item in (run, *others)}) == 3


def test_run_that_answered_a_cause_is_not_opened_again() -> None:
    answered = HandledCause(
        cause=Cause.INITIAL, fingerprint=FINGERPRINT, run_name=RUN, time=time_text(NOW)
    )
    status = ModelPipelineStatus(handled_causes=(answered,))

    decision = decide(view(status, versions=()), NOW)

    assert decision.create == ()
    assert said(decision) == (
        "False",
        "NothingNewToLearn",
        f"run '{RUN}' has answered this cause before",
    )


def test_run_that_ended_before_it_began_is_not_opened_again() -> None:
    ended = TrainingRunStatus(completion_time=time_text(NOW))
    opened = opened_run(view(versions=()), Opening(Cause.INITIAL, FINGERPRINT, ""))
    run = stored(opened, ended.to_wire())

    decision = decide(view(versions=(), runs=[run]), NOW)

    assert decision.create == ()
    assert said(decision) == (
        "False",
        "NothingNewToLearn",
        f"run '{RUN}' has answered this cause before",
    )


def test_queued_run_is_admitted_and_remembered() -> None:
    run = queued("alert-1", Cause.ALERT)
    snapshot = make_snapshot("snapshot two", 1100)

    decision = decide(view(learned(), snapshot, runs=[run]), NOW)

    assert said(decision) == ("True", "Opened", "run 'alert-1' is admitted")
    assert decision.status == learned(
        observed_generation=1,
        conditions=decision.status.conditions,
        active_run_name="alert-1",
        last_run=last_run(
            NOW,
            name="alert-1",
            uid="uid-trainingrun-alert-1",
            cause=Cause.ALERT,
            snapshot_digest=snapshot.digest,
            labelled_rows=1100,
            verdict=None,
        ),
        handled_causes=(
            HandledCause(
                cause=Cause.ALERT,
                fingerprint="fingerprint of alert-1",
                run_name="alert-1",
                time=time_text(NOW),
            ),
        ),
        growth_percent=10,
        champion_number=None,
    )


OLD, NEW = NOW - timedelta(minutes=2), NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("runs", "admitted"),
    [
        pytest.param(
            [queued("b", Cause.ALERT, OLD), queued("a", Cause.ALERT, NEW)],
            "b",
            id="the older one first",
        ),
        pytest.param(
            [queued("b", Cause.ALERT, OLD), queued("a", Cause.ALERT, OLD)],
            "a",
            id="by name when they are as old",
        ),
        pytest.param(
            [queued("a", Cause.ALERT, OLD), queued("z", Cause.DEMAND, NEW)],
            "z",
            id="a person's run first",
        ),
        pytest.param(
            [queued("a", Cause.ALERT, OLD, completion_time=time_text(OLD))],
            None,
            id="none that has ended",
        ),
    ],
)
def test_order_of_admission(runs: list[Object], admitted: str | None) -> None:
    decision = decide(view(learned(), make_snapshot("two", 1100), runs=runs), NOW)

    assert decision.status.active_run_name == admitted


def test_one_run_is_in_flight_at_a_time() -> None:
    status = learned(active_run_name="alert-1")
    runs = [queued("alert-1", Cause.ALERT), queued("by-hand", Cause.DEMAND)]

    decision = decide(view(status, make_snapshot("two", 9000), runs=runs), NOW)

    assert (decision.create, decision.status.active_run_name) == ((), "alert-1")
    assert said(decision) == ("True", "RunOpen", "run 'alert-1' is in flight")


@pytest.mark.parametrize(
    ("given", "expected", "seconds"),
    [
        pytest.param(
            {"suspend": True},
            ("True", "Suspended", "`spec.suspend` is true; run 'next' waits"),
            None,
            id="the pipeline is suspended",
        ),
        pytest.param(
            {"limits": {"cooldown_seconds": 60}, "since": NOW - timedelta(seconds=50)},
            ("True", "Cooldown", "run 'next' waits: the cooldown ends at 2026-11-21T12:00:10Z"),
            10.0,
            id="the last run is too recent",
        ),
        pytest.param(
            {"limits": {"runs_per_day": 1}, "handled_causes": [handled(NOW - timedelta(hours=1))]},
            (
                "True",
                "RunsPerDayReached",
                "run 'next' waits: 1 runs opened within 24 hours, `limits.runsPerDay` allows no "
                "more",
            ),
            23 * 3600.0,
            id="the day's runs are used up",
        ),
        pytest.param(
            {"snapshot": FIRST},
            ("False", "NothingNewToLearn", "run 'next' has nothing new to learn and ends"),
            None,
            id="there is nothing new to learn",
        ),
    ],
)
def test_queued_run_waits_while(
    given: dict[str, Any], expected: tuple[str, str, str], seconds: float | None
) -> None:
    memory = {key: given.pop(key) for key in ("since", "handled_causes") if key in given}
    snapshot = given.pop("snapshot", make_snapshot("two", 1100))
    pipeline = view(learned(**memory), snapshot, runs=[queued("next", Cause.ALERT)], **given)

    decision = decide(pipeline, NOW)

    assert (said(decision), decision.requeue_seconds) == (expected, seconds)
    assert decision.status.active_run_name is None


def test_limits_do_not_hold_a_persons_run() -> None:
    pipeline = view(
        learned(NOW, handled_causes=[handled(NOW)]),
        runs=[queued("by-hand", Cause.DEMAND)],
        suspend=True,
        limits={"cooldown_seconds": 60, "runs_per_day": 1},
    )

    assert decide(pipeline, NOW).status.active_run_name == "by-hand"


def test_run_that_just_ended_makes_room_for_the_next_in_the_same_decision() -> None:
    ended = queued("run-1", Cause.INITIAL, completion_time=time_text(NOW))
    runs = [ended, queued("by-hand", Cause.DEMAND)]

    decision = decide(view(learned(active_run_name="run-1"), runs=runs), NOW)

    assert decision.status.active_run_name == "by-hand"


def test_pipeline_applies_its_own_deployment() -> None:
    [applied] = decide(view(learned(), deployment={"replicas": 2}), NOW).apply

    assert (applied["kind"], applied["metadata"]["name"]) == ("ModelDeployment", "flight-delay")
    assert applied["spec"]["replicas"] == 2


def test_pipeline_copies_what_serves() -> None:
    deployment = serving(
        champion=state(1),
        endpoint="http://x.ml.svc",
        conditions=conditions("Serving", "version 1 serves", ready="True"),
    )

    decision = decide(view(learned(champion_number=None), serves=deployment), NOW)

    assert decision.status == learned(
        observed_generation=1,
        conditions=triggered(
            "False",
            "NothingNewToLearn",
            "run 'run-1' has learned this snapshot by this recipe",
            conditions("Turning", "version 1 serves", ready="True"),
        ),
        champion_number=1,
        endpoint="http://x.ml.svc",
        growth_percent=0,
    )


@pytest.mark.parametrize(
    ("registered", "remembered", "number"),
    [
        pytest.param((1, 4), 1, 4, id="the highest that is registered"),
        pytest.param((1,), 7, 7, id="the highest ever though its version was deleted"),
        pytest.param((), 7, 7, id="the highest ever though all versions were deleted"),
    ],
)
def test_highest_number_is_never_forgotten(
    registered: tuple[int, ...], remembered: int, number: int
) -> None:
    status = learned(last_version_number=remembered)
    versions = [make_version(each) for each in registered]

    assert decide(view(status, versions=versions), NOW).status.last_version_number == number


def test_number_that_only_a_run_tells_of_is_not_forgotten_either() -> None:
    run = queued("run-2", Cause.NEW_DATA, version_number=9)

    assert decide(view(learned(), runs=[run]), NOW).status.last_version_number == 9


def test_settled_pipeline_changes_nothing() -> None:
    first = decide(view(learned()), NOW)

    assert decide(view(first.status), NOW + timedelta(hours=1)) == first


def test_pipeline_writes_no_deployment_of_a_users() -> None:
    assert decide(view(learned(), deployment_name="theirs"), NOW).apply == ()
