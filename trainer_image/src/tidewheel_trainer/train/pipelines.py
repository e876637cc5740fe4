"""Build the fitted pipeline of a recipe: preprocessing and estimator in one, so serving repeats it.

A category that training never saw and a missing one are both coded -1: trees split on the code,
and other models give it a column of its own when training had missing values.
"""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_fitted.dates import DateParts
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.boosters import FIT_ERRORS
from tidewheel_trainer.train.calibrating import calibrated
from tidewheel_trainer.train.ensembles import FitRows, assembled
from tidewheel_trainer.train.estimator_list import ALLOWED, Reading
from tidewheel_trainer.train.estimators import estimator, task_of
from tidewheel_trainer.train.inner_folds import Groups, inner_folds
from tidewheel_trainer.train.monotonic import constraints
from tidewheel_trainer.train.texts import shared_terms, text_reader
from tidewheel_trainer.train.threads import one_thread
from tidewheel_trainer.train.weights import weighed_rows

__all__ = ["answers", "fitted"]

# A one-hot column for a category of a handful of rows would be noise, thousands would fill memory.
_RAREST_CATEGORY_ROWS = 10
_MOST_CATEGORIES = 100
# Rows with a larger share of values other than 0 take less memory dense.
_MOST_FILLED = 0.3


def fitted(
    recipe: Recipe, frame: pd.DataFrame, labels: np.ndarray, groups: Groups | None = None
) -> Pipeline:
    """Return the recipe fitted on rows of features and labels of shape (n_rows,).

    Its weights are heeded, so `frame` has their column too. `groups` are needed by recipes that cut
    the rows into folds, such as calibrated ones.

    Raises:
        TrainerError: ParameterInvalid, when scikit-learn refuses the parameters together, or the
            rows cannot be cut into folds; NoFeatures, when no column holds a value; WeightUnusable,
            when no row weighs anything.
    """
    rows = weighed_rows(recipe, frame, labels)
    if groups is not None and rows.kept is not None:
        groups = groups.of(rows.kept)
    if recipe.ensemble is not None:
        whole = FitRows(rows.frame, rows.labels, rows.weights, groups)
        return assembled(recipe, recipe.ensemble, whole, fitted)
    # There is nothing to learn from a column without any number, and not every estimator takes one.
    numeric = [name for name in recipe.numeric if rows.frame[name].notna().any()]
    preprocessing = _preprocessing(recipe, numeric, rows.frame)
    given = {} if rows.weights is None else {"sample_weight": rows.weights}
    try:
        prepared = preprocessing.fit_transform(rows.frame[list(recipe.features)])
        signs = constraints(recipe, numeric, prepared.shape[1]) if recipe.monotonic else None
        learner = estimator(recipe.estimator, recipe.parameters, recipe.seed, signs)
        learner.fit(prepared, rows.labels, **given)
        if recipe.calibration is not None:
            folds = inner_folds(
                groups,
                rows.labels,
                task_of(recipe),
                recipe.calibration.folds,
                candidate=recipe.candidate,
                asked="`calibration.folds`",
            )
            learner = calibrated(
                learner, prepared, rows.labels, rows.weights, folds, recipe.calibration
            )
    except FIT_ERRORS as error:
        raise TrainerError(
            FailureReason.PARAMETER_INVALID,
            f"candidate {recipe.candidate!r}: {_library(recipe)} refused to fit "
            f"{recipe.estimator} on {len(rows.frame):,} rows: {error}",
        ) from error
    return Pipeline([("preprocessing", preprocessing), ("estimator", learner)])


def _library(recipe: Recipe) -> str:
    package = recipe.estimator.partition(".")[0]
    return "scikit-learn" if package == "sklearn" else package


def answers(
    model: Pipeline, recipe: Recipe, frame: pd.DataFrame, class_values: np.ndarray
) -> np.ndarray:
    """Return what a fit says of rows.

    Args:
        model: a fit of the recipe.
        recipe: its recipe.
        frame: features of the rows.
        class_values: the target's classes, ascending, shape (n_classes,); of a number none.

    Returns:
        Probabilities of shape (n_rows, n_classes), 0 for a class that the fit never saw; or
        predicted numbers of shape (n_rows,).

    Raises:
        TrainerError: ParameterInvalid, when the fit has no finite answer.
    """
    columns = frame[list(recipe.features)]
    with one_thread():
        if task_of(recipe) is Task.REGRESSION:
            found = np.asarray(model.predict(columns), dtype=np.float64)
        else:
            found = np.zeros((len(frame), len(class_values)))
            found[:, np.searchsorted(class_values, model.classes_)] = model.predict_proba(columns)
    endless = np.count_nonzero(~np.isfinite(found))
    if endless:
        raise TrainerError(
            FailureReason.PARAMETER_INVALID,
            f"candidate {recipe.candidate!r}: {recipe.estimator} found no finite answer for "
            f"{endless:,} of {len(frame):,} rows; choose other parameters, or bring the target to "
            "a smaller scale by a `derive` step",
        )
    return found


def _preprocessing(recipe: Recipe, numeric: list[str], frame: pd.DataFrame) -> ColumnTransformer:
    reading = _reading(recipe)
    sparse = reading is Reading.SCALED and not ALLOWED[recipe.estimator].dense
    parts = []
    if numeric:
        parts.append(("numeric", _numbers(reading), numeric))
    if recipe.categorical:
        is_scaled = reading is Reading.SCALED
        coded = make_pipeline(_coded(), _one_hot()) if is_scaled else _coded()
        parts.append(("categorical", coded, list(recipe.categorical)))
    for number, name in enumerate(recipe.dates):
        if frame[name].notna().any():
            parts.append((f"date{number}", _date(reading), [name]))
    for number, name in enumerate(recipe.text):
        terms = shared_terms(frame[name])
        if terms:
            reader = text_reader(terms, recipe.seed, sparse=sparse)
            parts.append((f"text{number}", reader, [name]))
    if not parts:
        raise TrainerError(
            FailureReason.NO_FEATURES,
            f"none of the columns {', '.join(recipe.features[:20])} holds a number, a date, or "
            f"words that several rows share, in the {len(frame):,} rows to learn from",
        )
    return ColumnTransformer(parts, sparse_threshold=_MOST_FILLED if sparse else 0)


def _reading(recipe: Recipe) -> Reading:
    allowed = ALLOWED[recipe.estimator]
    return (allowed.constrained if recipe.monotonic else None) or allowed.reading


def _numbers(reading: Reading) -> str | SimpleImputer | Pipeline:
    match reading:
        case Reading.AS_THEY_ARE:
            return "passthrough"
        case Reading.FILLED:
            return _filled()
        case Reading.SCALED:
            return make_pipeline(_filled(), StandardScaler())


def _date(reading: Reading) -> DateParts | Pipeline:
    if reading is Reading.AS_THEY_ARE:
        return DateParts()
    return make_pipeline(DateParts(cyclic=reading is Reading.SCALED), _numbers(reading))


def _filled() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _coded() -> OrdinalEncoder:
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )


def _one_hot() -> OneHotEncoder:
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=_RAREST_CATEGORY_ROWS,
        max_categories=_MOST_CATEGORIES,
    )
