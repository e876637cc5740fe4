"""All that a run's report is made of: what was measured, before it is put into words and pictures.

Texts are plain, not HTML. Nothing here holds a clock time of the run or the name of a host, so the
same run has the same report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.run_report.measures import Measure

__all__ = ["Answers", "Attempt", "Data", "Findings", "GateStep", "Outcome"]


@dataclass(frozen=True, slots=True)
class Data:
    """Which rows a run had and what it did with them; None where it never came to that.

    `distribution` has a line for each class, or for each figure of a number's distribution: its
    name, and what it is in all labelled rows and in those that tested.
    """

    dataset: str
    snapshot_digest: str
    target: str
    time: str | None
    split: str
    labelled_rows: int
    learned_rows: int | None = None
    tested_rows: int | None = None
    published_rows: int | None = None
    tested_from: str | None = None
    tested_through: str | None = None
    left_out_rows: int = 0
    rows_without_time: int = 0
    distribution: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recipe that was tried: a candidate, or a trial of a search.

    The score is the run's metric on the validation rows, the higher the better (an error is below
    0); None where nothing was to choose or, as `note` says, where it could not be had.
    """

    number: int
    candidate: str
    estimator: str
    parameters: Mapping[str, object]
    score: float | None
    is_chosen: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """The test rows: what is true of them, and what candidate and champion answered.

    With `classes`, `truth` has their places, shape (n_rows,), and answers are probabilities, shape
    (n_rows, n_classes). Without, a number is predicted, and all have the shape (n_rows,).
    """

    classes: tuple[str, ...]
    truth: np.ndarray
    candidate: np.ndarray
    champion: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run ended with."""

    verdict: Verdict
    reason: str
    sentence: str
    candidate: str
    compared_with: ComparedWith
    champion: str | None


@dataclass(frozen=True, slots=True)
class GateStep:
    """One question that the gate asks, with the numbers it found, and how it was answered."""

    question: str
    found: str
    answer: str


@dataclass(frozen=True, slots=True)
class Findings:
    """One run; `score` names what attempts are scored by: the metric, an error with a minus."""

    run: str
    model: str
    outcome: Outcome
    data: Data
    metric: str
    score: str
    attempts: tuple[Attempt, ...]
    measures: tuple[Measure, ...]
    answers: Answers | None
    importance: Importance | None
    gate: tuple[GateStep, ...]
    lineage: tuple[tuple[str, str], ...]
    card: tuple[tuple[str, str], ...] = ()
