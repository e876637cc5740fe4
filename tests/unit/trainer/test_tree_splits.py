"""Splits are those of the fit's trees, at values of columns, and a row comes by each of them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import BOOSTED, SMALL, recipe_of
from tests.unit.trainer.trainings import BOOSTING

from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.tree_splits import splits

ROWS = 400
RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "carrier": pd.Series(RANDOM.choice(["AA", "B6", "UA"], ROWS), dtype=object),
        "wind": np.where(RANDOM.random(ROWS) < 0.1, np.nan, RANDOM.normal(size=ROWS)),
        "hour": RANDOM.integers(5, 24, ROWS).astype(float),
    }
)
LATE = np.nan_to_num(FRAME["wind"].to_numpy()) + 0.1 * FRAME["hour"].to_numpy() > 1.5
FOREST = "sklearn.ensemble.RandomForestClassifier"
TREE = "sklearn.tree.DecisionTreeClassifier"
# Each of its trees has some of the columns.
BAGGING = "sklearn.ensemble.BaggingClassifier"


def fit(estimator: str, **parameters: Any) -> Any:
    given = SMALL.get(estimator, {}) | parameters
    recipe = recipe_of(estimator, given, numeric=("wind", "hour"), categorical=("carrier",))
    return fitted(recipe, FRAME, LATE)


@pytest.mark.parametrize(
    "estimator",
    [FOREST, BAGGING, BOOSTED, BOOSTING, "sklearn.ensemble.AdaBoostClassifier"],
)
def test_splits_of_every_kind_of_tree_are_found(estimator: str) -> None:
    given = {"n_estimators": 20} if estimator == BAGGING else {}

    found = splits(fit(estimator, **given), FRAME, 60)

    assert {split.column for split in found} == {"wind", "hour"}
    assert all(0 <= split.row < ROWS for split in found)
    assert 10 < len(found) <= 60


def test_split_of_a_stump_is_its_threshold() -> None:
    model = fit(TREE, max_depth=1)

    found = splits(model, FRAME, 3)

    tree = model[-1].tree_
    assert [(split.row, split.threshold) for split in found] == [
        (row, float(tree.threshold[0])) for row in range(3)
    ]


def test_row_that_is_put_at_the_threshold_is_decided_there() -> None:
    model = fit(TREE)

    for split in splits(model, FRAME, 40):
        at, above = (FRAME.iloc[[split.row]].copy() for _ in range(2))
        # Trees compare in single precision.
        single = np.float32(split.threshold)
        if float(single) > split.threshold:
            single = np.nextafter(single, np.float32(-np.inf))
        at[split.column] = single
        above[split.column] = np.nextafter(single, np.float32(np.inf))
        leaves = [model[-1].apply(model[:-1].transform(each))[0] for each in (at, above)]
        assert leaves[0] != leaves[1]


def test_trees_of_members_are_found_in_their_own_columns() -> None:
    from sklearn.ensemble import VotingClassifier
    from sklearn.pipeline import Pipeline

    members = [("one", fit(FOREST)), ("other", fit("sklearn.linear_model.LogisticRegression"))]
    vote = VotingClassifier(members, voting="soft")
    vote.estimators_ = [each for _, each in members]

    assert splits(Pipeline([("estimator", vote)]), FRAME, 20) == splits(members[0][1], FRAME, 20)


@pytest.mark.parametrize(
    "estimator", ["sklearn.linear_model.LogisticRegression", "xgboost.XGBClassifier"]
)
def test_models_without_trees_of_scikit_learn_have_no_splits(estimator: str) -> None:
    assert splits(fit(estimator), FRAME, 20) == ()
