"""Trials side by side: every lane takes the next one when it is free."""

import queue
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.faults.loop.lane import Lane
from tests.faults.loop.trials import Outcome, Trial, Undisturbed, run_trial

__all__ = ["run_trials", "sampled"]

T = TypeVar("T")


def run_trials(
    lanes: Sequence[Lane], trials: Sequence[Trial], wanted: Undisturbed
) -> list[Outcome]:
    """Run all trials and return how they went."""
    waiting: queue.SimpleQueue[Trial] = queue.SimpleQueue()
    for trial in trials:
        waiting.put(trial)

    def work(lane: Lane) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while True:
            try:
                trial = waiting.get_nowait()
            except queue.Empty:
                return outcomes
            outcomes.append(run_trial(lane, trial, wanted))

    with ThreadPoolExecutor(len(lanes)) as pool:
        return [outcome for found in pool.map(work, lanes) for outcome in found]


def sampled(items: Sequence[T], count: int, seed: int) -> list[T]:
    """Return some items, the same ones for the same seed, in their order."""
    if count >= len(items):
        return list(items)
    chosen = random.Random(seed).sample(range(len(items)), count)  # noqa: S311 - not a secret
    return [items[index] for index in sorted(chosen)]
