"""Pods of a search meet in the store: shares, rounds, lost pods, restarts, limits of time."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.trainer.search.pods import Pods
from tests.unit.trainer.search.searches import (
    DEPTH,
    FOLDER,
    SHARE,
    bayes,
    outcomes_in,
    tree,
)

from tidewheel_contracts.job import SearchResult

CANDIDATES = (bayes(), tree(DEPTH, SHARE))
TPE = {"method": "TPE", "trials": 12, "parallelism": 3}

BuildPods = Callable[..., Pods]


def no_turn() -> None:
    """Go on after a write."""


def _begun(store: Any) -> dict[str, list[str]]:
    """Return which trials each pod began, as `<round>-<trial>`."""
    marks = [key.removeprefix(f"{FOLDER}/search/").split(".begun-") for key in store.objects]
    begun: dict[str, list[str]] = {}
    for trial, pod in sorted(mark for mark in marks if len(mark) == 2):
        begun.setdefault(pod.partition("-")[0], []).append(trial)
    return begun


def test_each_pod_runs_its_share_and_all_tell_of_the_whole_search(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    answers = searched_by(pods(0, 1), *CANDIDATES, trials=5, parallelism=2)
    assert _begun(store) == {
        "0": ["0000-0000", "0000-0002", "0000-0004"],
        "1": ["0000-0001", "0000-0003"],
    }
    found = outcomes_in(store)
    best = max(found, key=lambda each: float(each.score or 0))
    expected = SearchResult(
        trials=5,
        finished=5,
        failed=0,
        pruned=0,
        best_candidate=best.candidate,
        best_score=f"{float(best.score or 0):.6f}",
    )
    assert answers == {0: expected, 1: expected}
    assert [each.learned_rows for each in found] == [1500] * 5


@pytest.mark.parametrize("search", [{"trials": 12, "parallelism": 3}, TPE], ids=["Random", "TPE"])
def test_the_same_spec_gives_the_same_trials_however_pods_are_timed(
    store: Any, pods: BuildPods, searched_by: Any, search: dict[str, Any]
) -> None:
    found = []
    for order, late in (((0, 1, 2), 0), ((2, 0, 1), 0), ((0, 1, 2), 10), ((0, 1, 2), 70)):
        for with_turns_at_writes in (False, True):
            store.forget_search(FOLDER)
            processes = pods(*order)
            store.on_write = processes.pass_turn if with_turns_at_writes else no_turn
            answers = searched_by(processes, *CANDIDATES, late=late, **search)
            assert len({repr(answers[index]) for index in range(3)}) == 1
            found.append(outcomes_in(store))
    assert [each.number for each in found[0]] == list(range(12))
    assert found[1:] == [found[0]] * 7


@pytest.mark.parametrize("search", [{"trials": 12, "parallelism": 3}, TPE], ids=["Random", "TPE"])
def test_the_trials_of_pods_that_never_come_are_run_by_another_after_a_grace(
    store: Any, pods: BuildPods, searched_by: Any, search: dict[str, Any]
) -> None:
    whole = searched_by(pods(0, 1, 2), *CANDIDATES, **search)
    expected = outcomes_in(store)
    store.forget_search(FOLDER)
    alone = pods(1)
    assert searched_by(alone, *CANDIDATES, **search) == {1: whole[1]}
    assert outcomes_in(store) == expected
    # Once, and not in each of the four rounds of TPE.
    assert 60 <= alone.clock.now < 70


def test_a_pod_that_comes_when_all_is_done_begins_nothing(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    first = searched_by(pods(0), *CANDIDATES, trials=5, parallelism=2)
    assert searched_by(pods(1), *CANDIDATES, trials=5, parallelism=2) == {1: first[0]}
    assert list(_begun(store)) == ["0"]


def test_a_pod_that_was_taken_for_lost_and_comes_has_its_share_again(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    processes = pods(0, 1)
    store.on_write = processes.pass_turn
    tpe = {"method": "TPE", "trials": 12, "parallelism": 2}
    searched_by(processes, *CANDIDATES, late=70, **tpe)
    begun = _begun(store)
    assert "0000-0001" in begun["0"]
    assert begun["1"][-2:] == ["0004-0009", "0005-0011"]
    assert begun["0"][-2:] == ["0004-0008", "0005-0010"]


def test_a_pod_that_lives_is_awaited_however_long_its_trial_takes(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    processes = pods(0, 1)

    def take_long() -> None:
        while processes.clock.now < 3600 and f"{FOLDER}/search/0000-0001.begun-1" in store.objects:
            processes.wait(5)

    store.on_write = take_long
    searched_by(processes, *CANDIDATES, trials=4, parallelism=2)
    assert processes.clock.now >= 3600
    assert _begun(store) == {"0": ["0000-0000", "0000-0002"], "1": ["0000-0001", "0000-0003"]}


def test_the_outcomes_that_others_write_meanwhile_count(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    searched_by(pods(0), *CANDIDATES, trials=2, parallelism=1)
    first, second = outcomes_in(store)
    store.forget_search(FOLDER)

    def write_others() -> None:
        """Run both trials elsewhere while this pod fits the first one."""
        for trial, score in ((first, "0.9"), (second, "0.8")):
            other = trial.model_copy(update={"score": score})
            key = f"{FOLDER}/search/0000-000{trial.number}.json"
            store.put(key, other.model_dump_json(by_alias=True).encode())

    store.on_write = write_others
    answers = searched_by(pods(0), *CANDIDATES, trials=2, parallelism=1)
    assert (answers[0].finished, answers[0].best_score) == (2, "0.900000")
    assert _begun(store) == {"0": ["0000-0000"]}


def test_what_a_living_pod_took_over_is_left_to_it(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    processes = pods(0, 2)

    def take_long() -> None:
        mark = f"{FOLDER}/search/0000-0001.begun-"
        while processes.clock.now < 3600 and any(key.startswith(mark) for key in store.objects):
            processes.wait(5)

    store.on_write = take_long
    answers = searched_by(processes, *CANDIDATES, trials=3, parallelism=3)
    assert (answers[0].finished, answers[2].finished) == (3, 3)
    assert processes.clock.now >= 3600
    assert [key for key in store.objects if "/0000-0001.begun-" in key] == [
        f"{FOLDER}/search/0000-0001.begun-0"
    ]


def test_a_trial_that_one_lost_pod_had_begun_is_run_by_another(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    store.put(f"{FOLDER}/search/0000-0001.begun-1", b"")
    answers = searched_by(pods(0), *CANDIDATES, trials=3, parallelism=3)
    assert (answers[0].finished, answers[0].failed) == (3, 0)


def test_a_trial_that_two_lost_pods_had_begun_is_given_up(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    for pod in (1, 2):
        store.put(f"{FOLDER}/search/0000-0001.begun-{pod}", b"")
    answers = searched_by(pods(0), *CANDIDATES, trials=3, parallelism=3)
    assert (answers[0].finished, answers[0].failed) == (2, 1)
    assert [each.failure for each in outcomes_in(store)] == [
        None,
        "2 pods ended while they fitted it; it may need more than `resources.memory`",
        None,
    ]


def test_a_trial_that_two_pods_had_begun_is_run_when_they_come_again(
    store: Any, pods: BuildPods, searched_by: Any
) -> None:
    for pod in (1, 2):
        store.put(f"{FOLDER}/search/0000-0001.begun-{pod}", b"")
    answers = searched_by(pods(0, 1, 2), *CANDIDATES, trials=3, parallelism=3)
    assert [answers[index].finished for index in range(3)] == [3, 3, 3]
