"""Put fits of several candidates together: their mean, or what one more estimator makes of them.

The members are fitted as they are alone, each with its own preprocessing. scikit-learn's classes
hold the fits; their own `fit` would prepare no columns and cut no folds in order of time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from tidewheel_contracts.api.v1alpha1.ensembles import EnsembleKind
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import EnsembleRecipe, MemberRecipe, Recipe
from tidewheel_trainer.train.estimators import estimator, task_of
from tidewheel_trainer.train.inner_folds import Folds, Groups, inner_folds
from tidewheel_trainer.train.threads import one_thread

__all__ = ["FitRows", "assembled"]

Fit = Callable[[Recipe, pd.DataFrame, np.ndarray, Groups | None], Pipeline]
_Members = list[tuple[str, Pipeline]]


@dataclass(frozen=True, slots=True)
class FitRows:
    """Rows to learn, with labels, weights and groups of shape (n_rows,)."""

    frame: pd.DataFrame
    labels: np.ndarray
    weights: np.ndarray | None
    groups: Groups | None

    def nested_part(self, marked: np.ndarray) -> "FitRows":
        """Return the marked rows, boolean, shape (n_rows,), with groups for folds of their own."""
        return FitRows(
            self.frame[marked],
            self.labels[marked],
            None if self.weights is None else self.weights[marked],
            None if self.groups is None else self.groups.of(marked).nested(),
        )


def assembled(recipe: Recipe, ensemble: EnsembleRecipe, rows: FitRows, fit: Fit) -> Pipeline:
    """Return the fitted ensemble.

    Args:
        recipe: the whole recipe.
        ensemble: its members.
        rows: what is learned.
        fit: fits the recipe of a member alone.

    Raises:
        TrainerError: as a fit of a member does, or ParameterInvalid when rows cannot be cut into
            folds.
    """
    task = task_of(recipe)
    members = _fitted(recipe, ensemble, rows, fit)
    if ensemble.kind is EnsembleKind.VOTING:
        whole = _voting(ensemble, members, rows.labels, task)
    else:
        folds = inner_folds(
            rows.groups,
            rows.labels,
            task,
            ensemble.folds or 0,
            candidate=recipe.candidate,
            asked="`folds`",
        )
        answers = _answers_of_folds(recipe, ensemble, rows, folds, fit, task)
        whole = _stacking(recipe, ensemble, members, rows, folds, answers, task)
    return Pipeline([("estimator", whole)])


def _fitted(recipe: Recipe, ensemble: EnsembleRecipe, rows: FitRows, fit: Fit) -> _Members:
    return [
        (each.candidate, fit(_alone(recipe, each), rows.frame, rows.labels, rows.groups))
        for each in ensemble.members
    ]


def _alone(recipe: Recipe, member: MemberRecipe) -> Recipe:
    """Return the recipe of a member by itself."""
    return recipe.model_copy(
        update={
            "candidate": member.candidate,
            "estimator": member.estimator,
            "parameters": member.parameters,
            "calibration": member.calibration,
            "ensemble": None,
        }
    )


def _voting(
    ensemble: EnsembleRecipe, members: _Members, labels: np.ndarray, task: Task
) -> VotingClassifier | VotingRegressor:
    weights = [float(each.weight or 1) for each in ensemble.members]
    if task is Task.REGRESSION:
        whole = VotingRegressor(members, weights=weights)
    else:
        whole = VotingClassifier(members, voting="soft", weights=weights)
        whole.le_ = LabelEncoder().fit(labels)
        whole.classes_ = whole.le_.classes_
    whole.estimators_ = [fit for _, fit in members]
    return whole


def _stacking(
    recipe: Recipe,
    ensemble: EnsembleRecipe,
    members: _Members,
    rows: FitRows,
    folds: Folds,
    answers: np.ndarray,
    task: Task,
) -> StackingClassifier | StackingRegressor:
    final = ensemble.final
    assert final is not None  # noqa: S101  a checked recipe of this kind has one
    judged = folds.judged
    learner = estimator(final.estimator, final.parameters, recipe.seed)
    truth = rows.labels[judged]
    if task is Task.REGRESSION:
        whole = StackingRegressor(members, learner, cv="prefit")
    else:
        whole = StackingClassifier(members, learner, cv="prefit")
        whole._label_encoder = LabelEncoder().fit(rows.labels)
        whole.classes_ = whole._label_encoder.classes_
        truth = whole._label_encoder.transform(truth)
    given = {} if rows.weights is None else {"sample_weight": rows.weights[judged]}
    whole.estimators_ = [fit for _, fit in members]
    whole.stack_method_ = [_method(task)] * len(members)
    whole.final_estimator_ = learner.fit(answers, truth, **given)
    return whole


def _answers_of_folds(
    recipe: Recipe, ensemble: EnsembleRecipe, rows: FitRows, folds: Folds, fit: Fit, task: Task
) -> np.ndarray:
    """Return the members' answers to rows that they have not learned, a row for each judged one.

    Of two classes the probability of the second says all, as StackingClassifier has it.
    """
    found = []
    for part in folds.parts:
        members = _fitted(recipe, ensemble, rows.nested_part(part.learned), fit)
        asked = rows.frame[part.judged]
        with one_thread():
            answers = [getattr(model, _method(task))(asked) for _, model in members]
        found.append(np.hstack([_columns(each) for each in answers]))
    return np.vstack(found)


def _columns(answers: np.ndarray) -> np.ndarray:
    if answers.ndim == 1:
        return answers[:, None]
    return answers[:, 1:] if answers.shape[1] == 2 else answers


def _method(task: Task) -> str:
    return "predict" if task is Task.REGRESSION else "predict_proba"
