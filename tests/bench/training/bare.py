"""What people write by hand: read the file, fit the pipeline, score it; the measure of overhead.

`fit` fits twice, as a run does: once without the newest fifth, which it scores, and once on all
rows. `search` fits every trial once, several at a time by joblib, and scores it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.pipelines import fitted

_TEST_SHARE = 0.2


def main(arguments: list[str]) -> None:
    """Do what the first argument says with the rows and the recipes of the others."""
    what, rows, recipes, jobs = arguments
    frame = pd.read_parquet(rows)
    parsed = [Recipe.model_validate(item) for item in json.loads(Path(recipes).read_text())]
    if what == "fit":
        _fit_twice(parsed[0], frame)
    else:
        _search(parsed, frame, int(jobs))


def _fit_twice(recipe: Recipe, frame: pd.DataFrame) -> None:
    _score(recipe, frame, int(len(frame) * (1 - _TEST_SHARE)))
    with threadpool_limits(1):
        fitted(recipe, _features(recipe, frame), frame[recipe.target].to_numpy())


def _search(recipes: list[Recipe], frame: pd.DataFrame, jobs: int) -> None:
    # A search learns and validates on the rows before the test window.
    learnable = frame.iloc[: int(len(frame) * (1 - _TEST_SHARE))]
    learned = int(len(learnable) * (1 - _TEST_SHARE))
    work = (joblib.delayed(_score)(recipe, learnable, learned) for recipe in recipes)
    scores = joblib.Parallel(n_jobs=jobs)(work)
    sys.stdout.write(f"{max(scores):.4f}\n")


def _score(recipe: Recipe, frame: pd.DataFrame, learned: int) -> float:
    labels = frame[recipe.target].to_numpy()
    features = _features(recipe, frame)
    with threadpool_limits(1):
        model: Any = fitted(recipe, features.iloc[:learned], labels[:learned])
        scores = model.predict_proba(features.iloc[learned:])[:, 1]
    return float(roc_auc_score(labels[learned:], scores))


def _features(recipe: Recipe, frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[*recipe.numeric, *recipe.categorical]]


if __name__ == "__main__":
    main(sys.argv[1:])
