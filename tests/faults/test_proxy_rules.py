"""Which request meets which fault: the pure part of the proxy."""

import pytest
from tests.faults.proxy.calls import WRITES, Call, call_of
from tests.faults.proxy.faults import Answer, Drop, Fault, Kill
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Counts, Match, Rule, decide

_JOBS = "/apis/batch/v1/namespaces/ml/jobs"
_PATCH = "application/merge-patch+json"


@pytest.mark.parametrize(
    ("method", "path", "query", "content_type", "wanted"),
    [
        ("GET", "/api", {}, "", Call("discover", "")),
        ("GET", "/apis/batch/v1", {}, "", Call("discover", "")),
        ("GET", "/api/v1/pods", {}, "", Call("list", "pods")),
        (
            "GET",
            "/api/v1/namespaces/ml/pods",
            {"labelSelector": "job-name=a"},
            "",
            Call("list", "pods", "ml", selector="job-name=a"),
        ),
        ("GET", "/api/v1/namespaces/ml/pods", {"watch": "true"}, "", Call("watch", "pods", "ml")),
        ("GET", "/api/v1/namespaces/ml", {}, "", Call("get", "namespaces", "", "ml")),
        ("GET", f"{_JOBS}/a", {}, "", Call("get", "jobs", "ml", "a")),
        ("POST", _JOBS, {}, "application/json", Call("create", "jobs", "ml")),
        ("PUT", f"{_JOBS}/a", {}, "application/json", Call("replace", "jobs", "ml", "a")),
        ("PATCH", f"{_JOBS}/a", {}, _PATCH, Call("patch", "jobs", "ml", "a")),
        ("PATCH", f"{_JOBS}/a/status", {}, _PATCH, Call("status", "jobs", "ml", "a")),
        (
            "PATCH",
            f"{_JOBS}/a",
            {"force": "true"},
            "application/apply-patch+yaml",
            Call("apply", "jobs", "ml", "a"),
        ),
        ("DELETE", f"{_JOBS}/a", {}, "application/json", Call("delete", "jobs", "ml", "a")),
    ],
)
def test_call_is_read_from_method_and_url(
    method: str, path: str, query: dict[str, str], content_type: str, wanted: Call
) -> None:
    assert call_of(method, path, query, content_type) == wanted


def faults_of(rules: list[Rule], *calls: Call) -> list[Fault | None]:
    """Return the fault of each call, one after the other."""
    counts: Counts = {}
    found = []
    for call in calls:
        fault, counts = decide(rules, counts, call)
        found.append(fault)
    return found


CREATE = Call("create", "jobs", "ml")
STATUS = Call("status", "datasets", "ml", "a")
LEASE = Call("replace", "leases", "ml", "a")


def test_fault_comes_after_so_many_calls_and_so_often() -> None:
    kill = Kill(is_forwarded=True)
    rule = Rule(Match(WRITES), kill, skip=1, times=2)

    found = faults_of([rule], CREATE, Call("get", "jobs", "ml", "a"), STATUS, CREATE, CREATE)

    assert found == [None, None, kill, kill, None]


def test_fault_without_times_never_ends() -> None:
    rule = Rule(Match(plurals=frozenset({"jobs"})), Answer(500), times=None)

    assert faults_of([rule], CREATE, STATUS, CREATE) == [Answer(500), None, Answer(500)]


def test_every_call_is_counted_by_itself() -> None:
    rule = Rule(Match(), Answer(409), is_for_each=True)

    assert faults_of([rule], CREATE, CREATE, STATUS, STATUS) == [
        Answer(409),
        None,
        Answer(409),
        None,
    ]


def test_first_rule_that_is_due_wins_and_later_ones_do_not_count_the_call() -> None:
    rules = [Rule(Match(), Answer(500)), Rule(Match(), Answer(503))]

    assert faults_of(rules, CREATE, CREATE, CREATE) == [Answer(500), Answer(503), None]


def test_lease_is_left_alone_unless_it_is_named() -> None:
    everything = Rule(Match(), Answer(500), times=None)
    named = Rule(Match(plurals=frozenset({"leases"})), Answer(503), times=None)

    assert faults_of([everything], LEASE) == [None]
    assert faults_of([everything, named], LEASE, CREATE) == [Answer(503), Answer(500)]


def test_reads_are_chosen_by_exactly_their_selector() -> None:
    every, some = Call("list", "pods"), Call("list", "pods", selector="job-name=a")
    plurals = frozenset({"pods"})

    for selector, wanted in (
        (None, [Answer(500), Answer(500)]),
        ("", [Answer(500), None]),
        ("job-name=a", [None, Answer(500)]),
    ):
        rule = Rule(Match(plurals=plurals, selector=selector), Answer(500), times=None)
        assert faults_of([rule], every, some) == wanted


def test_events_of_a_watch_are_chosen_like_calls() -> None:
    rule = Rule(Match(frozenset({"MODIFIED"}), frozenset({"pods"})), Drop(), times=None)

    assert faults_of([rule], Call("ADDED", "pods"), Call("MODIFIED", "pods")) == [None, Drop()]


def test_record_counts_what_was_made_and_deleted_with_success() -> None:
    record = Record()
    for call, code in (
        (CREATE, 201),
        (CREATE, 409),
        (Call("create", "events", "ml"), 201),
        (Call("delete", "jobs", "ml", "a"), 200),
        (STATUS, 200),
    ):
        record.note_call(call)
        record.note_write(call, "a", code, 1)
    record.note_call(LEASE)

    assert record.made_and_deleted() == {"create jobs": 1, "delete jobs": 1}
    assert record.attempts() == 5


def test_record_finds_the_busiest_second() -> None:
    record = Record()
    record.calls = [(moment, CREATE) for moment in (0.0, 0.9, 1.0, 1.1, 5.0)] + [(1.0, LEASE)]

    assert record.most_calls_per_second() == 3
