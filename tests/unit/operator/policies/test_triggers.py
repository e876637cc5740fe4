"""What opens a run, and what holds it back."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_version
from tests.unit.operator.policies.growing import fingerprint, grown
from tests.unit.operator.policies.loops import FIRST, handled, last_run, learned, serving, view
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.v1alpha1.model_pipeline import Limits, ModelPipelineStatus, Reason
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.policies.triggers import (
    Hold,
    Opening,
    champion_version,
    growth_percent,
    held_by_limits,
    judge_alert,
    judge_data,
)

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
