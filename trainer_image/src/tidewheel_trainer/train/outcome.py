"""What training found, before it is put into files and the termination message."""

from dataclasses import dataclass

import numpy as np

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith
from tidewheel_contracts.artifact.model import ModelInput, Recipe
from tidewheel_trainer.train.auc import AucDifference
from tidewheel_trainer.train.gate import Judgement

__all__ = ["Refit", "Trial", "Validation"]


@dataclass(frozen=True, slots=True)
class Validation:
    """How a candidate did on the validation rows; None where there was nothing to choose."""

    candidate: str
    roc_auc: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The winner on the test rows: what it is, what it scored, what was said of it.

    Arrays are of the test rows alone, shape (n_test_rows,). `left_out_rows` are labelled rows that
    the declared split has no use for.
    """

    recipe: Recipe
    validations: tuple[Validation, ...]
    compared_with: ComparedWith
    compared: AucDifference | None
    judgement: Judgement
    positive: np.ndarray
    probabilities: np.ndarray
    champion_probabilities: np.ndarray | None
    test_from: str | None
    test_through: str | None
    left_out_rows: int


@dataclass(frozen=True, slots=True)
class Refit:
    """The winner fitted on all labelled rows: what is published."""

    data: bytes
    inputs: tuple[ModelInput, ...]
    classes: tuple[str, ...]
    classes_datatype: str
    sample: tuple[tuple[object, ...], ...]
    training_rows: int
    trained_through: str | None
