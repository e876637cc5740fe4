"""The native engine answers as scikit-learn does: trees to the bit, sums to their rounding."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.unit.server.engines.native import tables

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.engine import Outputs
from tidewheel_server.engines.native.engine import native_engine
from tidewheel_server.engines.tier import EXACT, Candidate

SEEDS = range(3)

TREES_OF_CLASSES = [
    DecisionTreeClassifier(min_samples_leaf=3),
    DecisionTreeClassifier(max_depth=1),
    RandomForestClassifier(20),
    RandomForestClassifier(13, max_depth=4, class_weight="balanced"),
    ExtraTreesClassifier(9, bootstrap=True),
]
TREES_OF_A_NUMBER = [
    DecisionTreeRegressor(min_samples_leaf=2),
    RandomForestRegressor(17, min_samples_leaf=3),
    ExtraTreesRegressor(8),
]
HISTOGRAMS_OF_A_NUMBER = [
    HistGradientBoostingRegressor(max_iter=15),
    HistGradientBoostingRegressor(max_iter=9, loss="absolute_error"),
    HistGradientBoostingRegressor(max_iter=9, loss="quantile", quantile=0.8),
]
BOOSTING_OF_A_NUMBER = [
    GradientBoostingRegressor(n_estimators=15),
    GradientBoostingRegressor(n_estimators=7, loss="huber", subsample=0.7),
    GradientBoostingRegressor(n_estimators=7, loss="quantile", alpha=0.7),
    GradientBoostingRegressor(n_estimators=7, loss="absolute_error", init="zero"),
]
LINKS = [
    (tables.as_they_are, HistGradientBoostingRegressor(max_iter=9, loss="poisson")),
    (tables.as_they_are, HistGradientBoostingRegressor(max_iter=9, loss="gamma")),
]
BOOSTING_OF_CLASSES = [
    (tables.as_they_are, HistGradientBoostingClassifier(max_iter=15)),
    (tables.as_they_are, HistGradientBoostingClassifier(max_iter=5, class_weight="balanced")),
    (tables.filled, GradientBoostingClassifier(n_estimators=15)),
]
SUMS_OF_CLASSES = [
    LogisticRegression(max_iter=300),
    SGDClassifier(loss="log_loss", max_iter=30, tol=None),
]
SUMS_OF_A_NUMBER = [
    LinearRegression(),
    Ridge(),
    Lasso(alpha=0.01),
    ElasticNet(alpha=0.01),
    HuberRegressor(max_iter=1000),
    SGDRegressor(max_iter=30, tol=None),
    PoissonRegressor(max_iter=300),
    GammaRegressor(max_iter=300),
    TweedieRegressor(power=1.5, max_iter=300),
    TweedieRegressor(power=0, max_iter=300),
    LinearSVR(max_iter=100_000, dual=True),
]


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def table(seed: int) -> pd.DataFrame:
    return tables.training_table(seed)


def named(values: list[Any]) -> Any:
    return pytest.mark.parametrize("estimator", values, ids=repr)


def paired(values: list[Any]) -> Any:
    # A function's own words hold its address, which is another one in each of xdist's processes.
    return pytest.mark.parametrize(
        ("reading", "estimator"), values, ids=lambda value: getattr(value, "__name__", repr(value))
    )


def fitted(reading: Any, estimator: Any, table: pd.DataFrame, wanted: Any) -> Pipeline:
    return Pipeline([("preprocessing", reading()), ("estimator", estimator)]).fit(table, wanted)


def answers(
    pipeline: Pipeline, table: pd.DataFrame, manifest: ModelManifest, seed: int
) -> tuple[Candidate, Outputs, pd.DataFrame]:
    """Return the engine, its answers to hard rows, and these rows."""
    candidate = native_engine(tables.files_of(pipeline, table, manifest))
    rows = tables.hard_rows(table, seed)
    return candidate, candidate.engine.predict(tables.columns_of(rows)), rows


@pytest.mark.parametrize("classes", [2, 4])
@named(TREES_OF_CLASSES)
def test_trees_of_classes_answer_to_the_bit(
    estimator: Any, classes: int, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    wanted = tables.labels(table, seed, classes)
    pipeline = fitted(tables.as_they_are, estimator.set_params(random_state=seed), table, wanted)

    candidate, outputs, rows = answers(pipeline, table, manifest, seed)

    np.testing.assert_array_equal(outputs["probability"], pipeline.predict_proba(rows))
    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(rows))
    assert candidate.tolerance == EXACT


@named(TREES_OF_A_NUMBER + HISTOGRAMS_OF_A_NUMBER)
def test_trees_of_a_number_answer_to_the_bit(
    estimator: Any, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    wanted = tables.numbers(table, seed)
    pipeline = fitted(tables.as_they_are, estimator.set_params(random_state=seed), table, wanted)

    candidate, outputs, rows = answers(pipeline, table, manifest, seed)

    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(rows))
    assert candidate.tolerance == EXACT


@named(BOOSTING_OF_A_NUMBER)
def test_boosting_of_a_number_answers_to_the_bit(
    estimator: Any, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    wanted = tables.numbers(table, seed)
    pipeline = fitted(tables.filled, estimator.set_params(random_state=seed), table, wanted)

    candidate, outputs, rows = answers(pipeline, table, manifest, seed)

    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(rows))
    assert candidate.tolerance == EXACT


@paired(LINKS)
def test_boosting_with_a_logarithmic_link_answers_to_the_rounding(
    reading: Any, estimator: Any, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    pipeline = fitted(reading, estimator, table, tables.numbers(table, seed))

    _, outputs, rows = answers(pipeline, table, manifest, seed)

    np.testing.assert_allclose(outputs["predict"], pipeline.predict(rows), rtol=1e-14)


@pytest.mark.parametrize("classes", [2, 3])
@paired(BOOSTING_OF_CLASSES)
def test_boosting_of_classes_answers_to_the_rounding_of_exponentials(
    reading: Any,
    estimator: Any,
    classes: int,
    table: pd.DataFrame,
    seed: int,
    manifest: ModelManifest,
) -> None:
    pipeline = fitted(reading, estimator, table, tables.labels(table, seed, classes))

    _, outputs, rows = answers(pipeline, table, manifest, seed)

    wanted = pipeline.predict_proba(rows)
    np.testing.assert_allclose(outputs["probability"], wanted, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(rows))


def test_boosting_with_the_exponential_loss_answers_to_the_rounding(
    table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    estimator = GradientBoostingClassifier(n_estimators=9, loss="exponential")
    pipeline = fitted(tables.filled, estimator, table, tables.labels(table, seed, 2))

    _, outputs, rows = answers(pipeline, table, manifest, seed)

    wanted = pipeline.predict_proba(rows)
    np.testing.assert_allclose(outputs["probability"], wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("classes", [2, 3])
@named(SUMS_OF_CLASSES)
def test_sums_of_classes_answer_to_the_rounding(
    estimator: Any, classes: int, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    pipeline = fitted(tables.scaled, estimator, table, tables.labels(table, seed, classes))

    candidate, outputs, rows = answers(pipeline, table, manifest, seed)

    wanted = pipeline.predict_proba(rows)
    np.testing.assert_allclose(outputs["probability"], wanted, rtol=1e-12, atol=1e-12)
    likeliest = pipeline.classes_[wanted.argmax(axis=1)]
    np.testing.assert_array_equal(outputs["predict"], likeliest)
    assert candidate.tolerance != EXACT


@named(SUMS_OF_A_NUMBER)
def test_sums_of_a_number_answer_to_the_rounding(
    estimator: Any, table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    pipeline = fitted(tables.scaled, estimator, table, tables.numbers(table, seed))
    candidate = native_engine(tables.files_of(pipeline, table, manifest))
    rows = table.sample(300, random_state=seed)

    outputs = candidate.engine.predict(tables.columns_of(rows))

    np.testing.assert_allclose(outputs["predict"], pipeline.predict(rows), rtol=1e-12)


def test_single_rows_are_answered_as_rows_among_others(
    table: pd.DataFrame, seed: int, manifest: ModelManifest
) -> None:
    estimator = RandomForestClassifier(11, random_state=seed)
    pipeline = fitted(tables.as_they_are, estimator, table, tables.labels(table, seed, 3))

    candidate, outputs, rows = answers(pipeline, table, manifest, seed)

    alone = [
        candidate.engine.predict(tables.columns_of(rows[place : place + 1]))["probability"]
        for place in range(100)
    ]
    np.testing.assert_array_equal(np.concatenate(alone), outputs["probability"][:100])
