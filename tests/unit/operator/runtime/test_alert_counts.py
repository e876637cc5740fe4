"""How many alerts met a run that was still queued."""

from tidewheel_operator.runtime.alert_counts import AlertCounts


def test_alerts_of_a_run_are_counted() -> None:
    counts = AlertCounts()

    for _ in range(3):
        counts.add("ml", "run", 0)
    counts.add("ml", "other", 0)

    assert [counts.get("ml", name) for name in ("run", "other", "third")] == [3, 1, 0]


def test_count_goes_on_from_what_was_written_before_a_restart() -> None:
    counts = AlertCounts()

    counts.add("ml", "run", 5)
    counts.add("ml", "run", 5)

    assert counts.get("ml", "run") == 7


def test_ended_run_is_forgotten() -> None:
    counts = AlertCounts()
    counts.add("ml", "run", 0)

    counts.forget("ml", "run")
    counts.forget("ml", "run")

    assert counts.get("ml", "run") == 0
