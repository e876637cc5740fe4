"""Probabilities that are put right by rows that were not learned."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from tests.unit.trainer.recipes import recipe_of

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, CalibrationMethod
from tidewheel_contracts.api.v1alpha1.features import Weights
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.folds import Fold
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.calibrating import calibrated, refuse_calibration_of_a_number
from tidewheel_trainer.train.inner_folds import Folds, Groups
from tidewheel_trainer.train.pipelines import answers, fitted

_ROWS = 4000
_DICE = np.random.default_rng(2)
_WIND = _DICE.normal(size=_ROWS)
_CHANCE = 1 / (1 + np.exp(1 - _WIND))
_LATE = _DICE.random(_ROWS) < _CHANCE
_GROUPS = Groups(np.repeat(np.arange(40), 100) * DAY, are_times=True)
# It repeats a column, which it takes for more and more evidence: its probabilities are too sure.
_BAYES = "sklearn.naive_bayes.GaussianNB"
_COLUMNS = tuple(f"wind{n}" for n in range(5))
_FRAME = pd.DataFrame(dict.fromkeys(_COLUMNS, _WIND) | {"importance": 1.0 + np.arange(_ROWS) % 2})


@pytest.mark.parametrize("method", list(CalibrationMethod))
def test_overconfident_probabilities_are_put_right(method: CalibrationMethod) -> None:
    plain = recipe_of(_BAYES, {}, numeric=_COLUMNS, categorical=())
    asked = plain.model_copy(update={"calibration": Calibration(method=method)})
    errors = []
    for recipe in (plain, asked):
        model = fitted(recipe, _FRAME, _LATE, _GROUPS)
        found = answers(model, recipe, _FRAME, np.array([False, True]))[:, 1]
        errors.append(float(np.abs(found - _CHANCE).mean()))
    assert errors[1] < 0.6 * errors[0]


def test_calibration_is_that_of_scikit_learn_where_its_folds_can_be() -> None:
    rows, parts = _FRAME[["wind0"]].to_numpy(), np.arange(_ROWS) % 3
    folds = Folds(tuple(Fold(parts != part, parts == part) for part in range(3)))
    weights = _FRAME["importance"].to_numpy()
    split = [(np.flatnonzero(each.learned), np.flatnonzero(each.judged)) for each in folds.parts]
    expected = CalibratedClassifierCV(
        LogisticRegression(), method="isotonic", cv=split, ensemble=False
    ).fit(rows, _LATE, sample_weight=weights)
    learner = LogisticRegression().fit(rows, _LATE, sample_weight=weights)
    asked = Calibration(method=CalibrationMethod.ISOTONIC)
    found = calibrated(learner, rows, _LATE, weights, folds, asked)
    assert found.predict_proba(rows) == pytest.approx(expected.predict_proba(rows))


def test_weights_are_heeded_and_rows_without_weight_are_left_out() -> None:
    heavy = np.arange(_ROWS) % 4 > 0
    frame = _FRAME.assign(importance=np.where(heavy, 1.0, 0.0))
    asked = {"calibration": Calibration(folds=3), "weights": Weights(column="importance")}
    recipe = recipe_of(_BAYES, {}, numeric=_COLUMNS, categorical=())
    weighed = fitted(recipe.model_copy(update=asked), frame, _LATE, _GROUPS)
    asked = asked | {"weights": None}
    alone = fitted(recipe.model_copy(update=asked), frame[heavy], _LATE[heavy], _GROUPS.of(heavy))
    found = [each.predict_proba(frame[list(_COLUMNS)])[:, 1] for each in (weighed, alone)]
    assert found[0] == pytest.approx(found[1], rel=1e-3)


@pytest.mark.parametrize("calibration", [{}, {"method": "Isotonic"}])
def test_a_regressor_is_not_calibrated(calibration: dict[str, Any]) -> None:
    ridge = {"name": "ridge", "estimator": "sklearn.linear_model.Ridge"}
    with pytest.raises(TrainerError) as caught:
        refuse_calibration_of_a_number(
            [Candidate.model_validate(ridge | {"calibration": calibration})]
        )
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'ridge': Ridge predicts a number, and `calibration` puts probabilities of "
        "classes right; leave it out, or use a classifier",
    )
