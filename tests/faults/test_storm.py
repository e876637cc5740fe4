"""The API server is overloaded: everybody waits as it asks, and nothing is lost or made twice."""

from itertools import pairwise

from tests.builders import make_dataset, make_store
from tests.faults.loop.lane import Lane
from tests.faults.loop.stories import REFRESH_SECONDS
from tests.faults.proxy.faults import Answer
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Match, Rule

from tidewheel_operator.runtime.resources import DATASETS

_DATASETS = 40
_REFUSED = 60
_WORKERS = 16


def test_429_silences_the_whole_client_and_loses_nothing(lanes: list[Lane]) -> None:
    lane = lanes[0]
    lane.clear()
    lane.keep_alive()
    match = Match(frozenset({"create"}), frozenset({"jobs"}))
    record = lane.proxy.obey([Rule(match, Answer(429, retry_after_seconds=1), times=_REFUSED)])

    names = [f"data-{number}" for number in range(_DATASETS)]
    lane.cluster.create(lane.namespace, make_store())
    lane.cluster.create(
        lane.namespace,
        *(make_dataset(name, refresh={"every_seconds": REFRESH_SECONDS}) for name in names),
    )
    lane.wait_for("all snapshots", lambda: without_snapshot(lane), 90)
    lane.wait_rest(None, 20)

    assert len(record.struck) == _REFUSED
    assert record.made_and_deleted() == {"create jobs": _DATASETS, "delete jobs": _DATASETS}
    # No worker asks again before the pause is over.
    assert max(silences(record)) > 0.8
    assert refusals_within_a_pause(record) <= 2 * _WORKERS


def without_snapshot(lane: Lane) -> str | None:
    """Return how many Datasets have no snapshot yet."""
    items = lane.cluster.mirror.all(DATASETS, lane.namespace)
    done = sum(bool((item.get("status") or {}).get("snapshot")) for item in items)
    return None if done == _DATASETS else f"{done} of {_DATASETS} have one"


def silences(record: Record) -> list[float]:
    """Return the seconds between requests, those of Leases and watches apart."""
    moments = [
        moment
        for moment, call in record.calls
        if call.plural != "leases" and call.verb not in ("watch", "list")
    ]
    return [later - earlier for earlier, later in pairwise(moments)]


def refusals_within_a_pause(record: Record) -> int:
    """Return the most creates of Jobs within the second that the server asked for."""
    moments = [
        moment for moment, call in record.calls if (call.verb, call.plural) == ("create", "jobs")
    ][:_REFUSED]
    return max(sum(moment <= other < moment + 0.9 for other in moments) for moment in moments)
