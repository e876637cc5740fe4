"""Tell by what the rows of a fit are cut into folds: as the Dataset says, else by time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from pandas.util import hash_pandas_object

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.inner_folds import Groups
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.split_keys import key_hashes

__all__ = ["with_groups"]


def with_groups(
    rows: Rows, split: Split | None, features: Sequence[str], recipes: Iterable[Recipe]
) -> Rows:
    """Return the rows with their groups, where a recipe cuts them into folds.

    Rows of one declared key belong together, else rows of a day; without a time equal rows do. The
    folds of a search go by the same hashes, and each of its fits cuts its rows again.

    Args:
        rows: all labelled rows.
        split: how the Dataset says that rows are split.
        features: the columns that candidates read.
        recipes: of candidates and champion.
    """
    if not any(_needs_folds(each) for each in recipes):
        return rows
    if split is not None and split.hash is not None and rows.split_values is not None:
        keys = key_hashes(rows.split_values.select(list(split.hash.columns)))
        return replace(rows, groups=Groups(keys, are_times=False).nested())
    if rows.times is not None:
        return replace(rows, groups=Groups(rows.times, are_times=True))
    hashed = hash_pandas_object(rows.frame[list(features)], index=False)
    hashes = np.asarray(hashed.to_numpy(dtype=np.uint64))
    return replace(rows, groups=Groups(hashes, are_times=False).nested())


def _needs_folds(recipe: Recipe) -> bool:
    if recipe.ensemble is None:
        return recipe.calibration is not None
    members = recipe.ensemble.members
    return recipe.ensemble.folds is not None or any(each.calibration for each in members)
