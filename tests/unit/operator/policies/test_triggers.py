"""What opens a run, and what holds it back."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import CANDIDATE, NOW, make_snapshot, make_version
from tests.unit.operator.policies.loops import (
    FIRST,
    handled,
    last_run,
    learned,
    recipe,
    serving,
    target,
    view,
)
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.v1alpha1.model_pipeline import Limits, ModelPipelineStatus, Reason
from tidewheel_contracts.api.v1alpha1.training_run import Cause
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.triggers import (
    Hold,
    Opening,
    champion_version,
    growth_percent,
    held_by_limits,
    is_superfluous,
    judge_alert,
    judge_data,
)


def grown(labelled_rows: int) -> Any:
    return make_snapshot("snapshot two", labelled_rows)


def fingerprint(snapshot: Any, **spec: Any) -> str:
    return digest_of(f"{snapshot.digest}\n{recipe(**spec)}\n{target()}")


WARN = {"triggers": {"on_new_data": {"action": "Warn"}}}
IGNORE = {"triggers": {"on_new_data": {"action": "Ignore"}}}
LEARNED = "run 'run-1' has learned this snapshot by this recipe"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"snapshot": None},
            Hold(Reason.WAITING_FOR_DATA, "the Dataset has no snapshot yet"),
            id="there is no snapshot",
        ),
        pytest.param(
            {"has_dataset": False},
            Hold(Reason.WAITING_FOR_DATA, "the Dataset has no snapshot yet"),
            id="there is no Dataset",
        ),
        pytest.param(
            {"versions": ()},
            Opening(Cause.INITIAL, fingerprint(FIRST), "the first model learns 1000 labelled rows"),
            id="the first snapshot opens the first run",
        ),
        pytest.param(
            {"versions": (), "status": learned(champion_number=None)},
            Hold(Reason.NOTHING_NEW, LEARNED),
            id="a refused first run is not repeated on the same rows",
        ),
        pytest.param(
            {
                "versions": (),
                "status": learned(champion_number=None),
                "snapshot": grown(1001),
            },
            Opening(
                Cause.INITIAL, fingerprint(grown(1001)), "the first model learns 1001 labelled rows"
            ),
            id="a refused first run is repeated on new rows",
        ),
        pytest.param({"status": learned()}, Hold(Reason.NOTHING_NEW, LEARNED), id="nothing is new"),
        pytest.param(
            {"status": learned(), "snapshot": grown(1399)},
            Hold(Reason.BELOW_GROWTH, "labelled rows grew by 39 %, the limit is 40 %"),
            id="39 percent are too few",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(1400)},
            Opening(
                Cause.NEW_DATA,
                fingerprint(grown(1400)),
                "labelled rows grew by 40 %, the limit is 40 %",
            ),
            id="40 percent open a run",
        ),
        pytest.param(
            {
                "status": learned(),
                "snapshot": grown(1100),
                "triggers": {"on_new_data": {"growth_percent": 10}},
            },
            Opening(
                Cause.NEW_DATA,
                fingerprint(grown(1100)),
                "labelled rows grew by 10 %, the limit is 10 %",
            ),
            id="a lower limit opens a run earlier",
        ),
        pytest.param(
            {"status": learned(rows_at_last_run=2000), "snapshot": grown(2399)},
            Hold(Reason.BELOW_GROWTH, "labelled rows grew by 39 %, the limit is 40 %"),
            id="growth is counted from the last run though the champion learned less",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(900)},
            Hold(Reason.BELOW_GROWTH, "labelled rows grew by 0 %, the limit is 40 %"),
            id="fewer rows are no growth",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(1400), **WARN},
            Hold(Reason.WARNING, "labelled rows grew by 40 %, the limit is 40 %"),
            id="growth only warns",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(1399), **WARN},
            Hold(Reason.BELOW_GROWTH, "labelled rows grew by 39 %, the limit is 40 %"),
            id="too little growth does not even warn",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(5000), **IGNORE},
            Hold(
                Reason.NEW_DATA_IGNORED,
                "`triggers.onNewData.action` is Ignore; labelled rows grew by 400 %, the limit is "
                "40 %",
            ),
            id="growth is ignored",
        ),
        pytest.param(
            {"versions": (), "status": learned(last_run=last_run(verdict=None))},
            Hold(
                Reason.NOTHING_NEW,
                "run 'run-1' ended without a verdict on this snapshot by this recipe; change the "
                "recipe or the Dataset's target, deliver data, or apply a TrainingRun",
            ),
            id="a failed run is not repeated and does not count as having learned",
        ),
        pytest.param(
            {"versions": (), **IGNORE},
            Opening(Cause.INITIAL, fingerprint(FIRST), "the first model learns 1000 labelled rows"),
            id="the first run opens though growth is ignored",
        ),
        pytest.param(
            {"status": learned(), "snapshot": grown(1400), "suspend": True},
            Hold(
                Reason.SUSPENDED,
                "`spec.suspend` is true; otherwise: labelled rows grew by 40 %, the limit is 40 %",
            ),
            id="a suspended pipeline opens nothing",
        ),
        pytest.param(
            {
                "status": learned(NOW - timedelta(seconds=30)),
                "snapshot": grown(1400),
                "limits": {"cooldown_seconds": 60},
            },
            Hold(Reason.COOLDOWN, "the cooldown ends at 2026-11-21T12:00:30Z", 30.0),
            id="the last run is too recent",
        ),
    ],
)
def test_data_is_judged(given: dict[str, Any], expected: Opening | Hold) -> None:
    assert judge_data(view(**given), NOW) == expected


def test_recipe_is_part_of_what_a_run_answers() -> None:
    changed = view(learned(), FIRST, training={"candidates": [_other_candidate()]})

    # No rows are new, so the changed recipe alone opens no run; the next growth uses it.
    assert judge_data(changed, NOW) == Hold(
        Reason.BELOW_GROWTH, "labelled rows grew by 0 %, the limit is 40 %"
    )


def _other_candidate() -> dict[str, str]:
    return {"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}


@pytest.mark.parametrize(
    ("spec", "is_same"),
    [
        pytest.param({"training": {"candidates": [_other_candidate()]}}, False, id="candidates"),
        pytest.param({"dataset_name": "other"}, False, id="the Dataset"),
        pytest.param({"model_name": "other"}, False, id="the model"),
        pytest.param(
            {"training": {"candidates": [CANDIDATE], "card": {"purpose": "to warn"}}},
            True,
            id="words of the card",
        ),
        pytest.param({"limits": {"runs_per_day": 1}, "suspend": True}, True, id="limits"),
    ],
)
def test_recipe_changes_with(spec: dict[str, Any], is_same: bool) -> None:
    assert (recipe(**spec) == recipe()) is is_same


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"status": learned(), "snapshot": grown(1001)},
            Opening(Cause.ALERT, "alert", "an alert asks for a new model"),
            id="one new row is enough",
        ),
        pytest.param({"status": learned()}, Hold(Reason.NOTHING_NEW, LEARNED), id="nothing is new"),
        pytest.param(
            {
                "status": learned(),
                "snapshot": grown(1001),
                "triggers": {"on_alert": "Ignore"},
            },
            Hold(Reason.ALERTS_IGNORED, "`triggers.onAlert` is Ignore"),
            id="alerts are ignored",
        ),
        pytest.param(
            {"snapshot": None},
            Hold(Reason.WAITING_FOR_DATA, "the Dataset has no snapshot yet"),
            id="there is no snapshot",
        ),
        pytest.param(
            {
                "status": learned(NOW, handled_causes=(handled(NOW),)),
                "snapshot": grown(1001),
                "limits": {"cooldown_seconds": 60, "runs_per_day": 1},
                "suspend": True,
            },
            Opening(Cause.ALERT, "alert", "an alert asks for a new model"),
            id="limits hold the run back in the queue and not the alert at the door",
        ),
    ],
)
def test_alert_is_judged(given: dict[str, Any], expected: Opening | Hold) -> None:
    assert judge_alert(view(**given), "alert") == expected


HOUR = timedelta(hours=1)
TWO_A_DAY = Limits(runs_per_day=2)


@pytest.mark.parametrize(
    ("status", "limits", "expected"),
    [
        pytest.param(ModelPipelineStatus(), Limits(cooldown_seconds=60), None, id="no run yet"),
        pytest.param(
            learned(NOW - timedelta(seconds=59)),
            Limits(cooldown_seconds=60),
            Hold(Reason.COOLDOWN, "the cooldown ends at 2026-11-21T12:00:01Z", 1.0),
            id="one second before the cooldown ends",
        ),
        pytest.param(
            learned(NOW - timedelta(seconds=60)),
            Limits(cooldown_seconds=60),
            None,
            id="the cooldown has ended",
        ),
        pytest.param(
            learned(
                handled_causes=(
                    handled(NOW - 23 * HOUR),
                    handled(NOW - HOUR).model_copy(update={"began": False}),
                )
            ),
            TWO_A_DAY,
            None,
            id="a run that never began uses none of the day's runs up",
        ),
        pytest.param(
            learned(handled_causes=(handled(NOW - 23 * HOUR), handled(NOW - HOUR))),
            TWO_A_DAY,
            Hold(
                Reason.RUNS_PER_DAY,
                "2 runs opened within 24 hours, `limits.runsPerDay` allows no more",
                3600.0,
            ),
            id="the day's runs are used up until the oldest is a day old",
        ),
        pytest.param(
            learned(handled_causes=(handled(NOW - 24 * HOUR), handled(NOW - HOUR))),
            TWO_A_DAY,
            None,
            id="a run of 24 hours ago counts no more",
        ),
        pytest.param(
            learned(handled_causes=(handled(NOW - HOUR, Cause.DEMAND), handled(NOW - HOUR))),
            TWO_A_DAY,
            None,
            id="runs that people applied do not count",
        ),
    ],
)
def test_limits(status: ModelPipelineStatus, limits: Limits, expected: Hold | None) -> None:
    assert held_by_limits(status, limits, NOW) == expected


def test_words_of_a_hold_stay_the_same_while_it_lasts() -> None:
    """Else every look at a waiting pipeline would write its status."""
    status, limits = learned(NOW), Limits(cooldown_seconds=60)

    held = [held_by_limits(status, limits, NOW + timedelta(seconds=later)) for later in range(60)]

    assert {hold.message for hold in held if hold is not None} == {
        "the cooldown ends at 2026-11-21T12:01:00Z"
    }


@pytest.mark.parametrize(
    ("status", "snapshot", "cause", "expected"),
    [
        pytest.param(learned(), FIRST, Cause.ALERT, True, id="the same rows and recipe"),
        pytest.param(learned(), FIRST, Cause.NEW_DATA, True, id="the same for new data"),
        pytest.param(learned(), FIRST, Cause.DEMAND, False, id="a person is never asked"),
        pytest.param(learned(), grown(1001), Cause.ALERT, False, id="one new row"),
        pytest.param(learned(), None, Cause.ALERT, False, id="the snapshot is not known"),
        pytest.param(ModelPipelineStatus(), FIRST, Cause.ALERT, False, id="nothing was learned"),
        pytest.param(
            learned(active_run_name="run-1"), FIRST, Cause.ALERT, False, id="a run is in flight"
        ),
        pytest.param(
            learned(last_run=last_run(recipe_digest=digest_of("other"))),
            FIRST,
            Cause.ALERT,
            False,
            id="another recipe",
        ),
    ],
)
def test_queued_run_is_superfluous(
    status: ModelPipelineStatus, snapshot: Any, cause: Cause, expected: bool
) -> None:
    given = view(status, snapshot)
    assert is_superfluous(given.pipeline, given.dataset, cause) is expected


REGRESSION = {"target": {"column": "late", "task": "Regression"}}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(REGRESSION, id="task"),
        pytest.param({"target": {"column": "later"}}, id="target"),
        pytest.param({"time": {"column": "arrival"}}, id="time"),
        pytest.param({"split": {"hash": {"columns": ["trip"]}}}, id="split"),
    ],
)
def test_failed_run_is_tried_anew_once_the_dataset_says_otherwise_what_is_learned(
    changed: dict[str, Any],
) -> None:
    status = learned(last_run=last_run(verdict=None), rows_at_last_run=0)
    given = view(status, versions=(), dataset=changed)

    verdict = judge_data(given, NOW)

    assert isinstance(verdict, Opening)
    assert verdict.cause == Cause.INITIAL
    assert verdict.fingerprint != fingerprint(FIRST)
    assert not is_superfluous(given.pipeline, given.dataset, Cause.INITIAL)


def test_another_target_of_a_model_that_serves_opens_nothing_before_rows_are_new() -> None:
    given = view(learned(), dataset={"split": {"hash": {"columns": ["trip"]}}})

    assert judge_data(given, NOW) == Hold(
        Reason.BELOW_GROWTH, "labelled rows grew by 0 %, the limit is 40 %"
    )


def test_other_cleaning_steps_open_nothing_before_they_made_another_snapshot() -> None:
    status = learned(last_run=last_run(verdict=None))
    given = view(status, versions=(), dataset={"steps": [{"dropDuplicates": {}}]})

    assert isinstance(judge_data(given, NOW), Hold)


def test_memory_of_an_earlier_release_opens_nothing_by_itself() -> None:
    status = learned(last_run=last_run(verdict=None, target_digest=None))
    given = view(status, versions=(), dataset=REGRESSION)

    assert isinstance(judge_data(given, NOW), Hold)


def test_defaults_that_are_written_out_are_no_other_recipe() -> None:
    candidates = [{"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}]
    written = {"candidates": candidates, "gate": {"changedRecipe": "Better"}, "seed": 0}

    assert recipe(training=written) == recipe(training={"candidates": candidates})


TWO = (make_version(1), make_version(2, training_rows=4000))


@pytest.mark.parametrize(
    ("given", "number", "growth"),
    [
        pytest.param({"versions": ()}, None, None, id="no version"),
        pytest.param({"versions": TWO}, 2, 25, id="the newest before any serves"),
        pytest.param(
            {"versions": TWO, "serves": serving(champion=state(1))},
            1,
            100,
            id="the one that serves",
        ),
        pytest.param(
            {"versions": TWO, "serves": serving(champion=state(9))},
            2,
            25,
            id="the newest when the one that serves was deleted",
        ),
        pytest.param(
            {"versions": (make_version(1, training_rows=0),)}, 1, None, id="a version of no rows"
        ),
        pytest.param({"snapshot": None}, 1, None, id="no snapshot"),
    ],
)
def test_growth_is_measured_against_the_champion(
    given: dict[str, Any], number: int | None, growth: int | None
) -> None:
    values = {"status": learned(), "snapshot": grown(2000), **given}
    pipeline = view(**values)
    champion = champion_version(pipeline)

    assert (champion.number if champion else None, growth_percent(pipeline)) == (number, growth)
