"""What is kept of reports, and for how long."""

import pytest
from tests.unit.operator.policies.reports import told

from tidewheel_operator.runtime import reports
from tidewheel_operator.runtime.reports import Reports


def test_the_last_report_of_a_run_is_kept_until_the_run_ends() -> None:
    kept = Reports()

    kept.take("uid-1", told(percent=1))
    kept.take("uid-1", told(percent=2))
    kept.take("uid-2", told(percent=3))
    kept.forget("uid-2")
    kept.forget("uid-3")

    assert [kept.of(uid) for uid in ("uid-1", "uid-2", "uid-3")] == [told(percent=2), None, None]


def test_a_replica_that_begins_to_lead_knows_nothing() -> None:
    kept = Reports()
    kept.take("uid-1", told())

    kept.clear()

    assert kept.of("uid-1") is None


def test_of_too_many_runs_the_longest_silent_one_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports, "_MOST_RUNS", 2)
    kept = Reports()

    for uid in ("a", "b", "a", "c"):
        kept.take(uid, told())

    assert [kept.of(uid) is not None for uid in "abc"] == [True, False, True]
