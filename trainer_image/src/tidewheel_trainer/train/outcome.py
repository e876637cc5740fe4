"""What training found, before it is put into files and the termination message."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith
from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelInput, Recipe
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.decision import Decision, Judgement
from tidewheel_trainer.train.gate.limits import Cost
from tidewheel_trainer.train.measures import Measure

__all__ = ["Choice", "Refit", "Trial", "Validation"]


@dataclass(frozen=True, slots=True)
class Validation:
    """How a candidate did on the validation rows; None where there was nothing to choose.

    The score is the run's metric, an error below 0: the higher, the better. Of a search it is one
    trial, with the parameters that it had, and a note where it failed or learned fewer rows.
    """

    candidate: str
    score: float | None
    is_chosen: bool
    parameters: dict[str, Any] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The recipe to test, and all that it was chosen among."""

    recipe: Recipe
    validations: tuple[Validation, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The winner on the test rows: what it is, what it scored, what was said of it.

    Arrays are of the test rows alone: `places` tells which of all rows they are, shape
    (n_test_rows,); `truth` has codes of `classes`, or numbers, shape (n_test_rows,); answers are
    probabilities of shape (n_test_rows, n_classes), or predicted numbers of shape (n_test_rows,);
    `clusters` tells the day or group of each row. `left_out_rows` are labelled rows that the
    declared split has no use for. `decisions` are all tests of the gate in their order.
    """

    recipe: Recipe
    validations: tuple[Validation, ...]
    compared_with: ComparedWith
    compared: Comparison | None
    judgement: Judgement
    decisions: tuple[Decision, ...]
    measure: Measure
    bounds: tuple[Bound, ...]
    classes: tuple[str, ...]
    places: np.ndarray
    truth: np.ndarray
    answers: np.ndarray
    champion_answers: np.ndarray | None
    clusters: np.ndarray
    test_from: str | None
    test_through: str | None
    left_out_rows: int
    importance: Importance


@dataclass(frozen=True, slots=True)
class Refit:
    """The winner fitted on all labelled rows: what is published."""

    data: bytes
    inputs: tuple[ModelInput, ...]
    task: Task
    classes: tuple[str, ...]
    classes_datatype: str
    sample: tuple[tuple[object, ...], ...]
    check: CheckRows
    parity: Parity
    training_rows: int
    trained_through: str | None
    cost: Cost
