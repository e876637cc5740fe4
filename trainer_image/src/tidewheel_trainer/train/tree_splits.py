"""Find values at which the trees of a fit part ways, each with a row that comes by there; pure.

Trees of scikit-learn alone; XGBoost and LightGBM keep theirs in formats of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

__all__ = ["Split", "splits"]

_NO_CHILD = -1


@dataclass(frozen=True, slots=True)
class Split:
    """A node on the way of a row through a tree: where the row is, and what it is compared with."""

    row: int
    column: str
    threshold: float


@dataclass(frozen=True, slots=True)
class _Tree:
    """Nodes as arrays of shape (n_nodes,); a leaf has no left child."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray


@dataclass(frozen=True, slots=True)
class _Origin:
    """The column that a prepared feature is a number of, which was scaled: value = a * x + b."""

    column: str
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class _Grown:
    """A tree, the rows as it sees them, shape (n_rows, n_features), and where features are from."""

    tree: _Tree
    rows: np.ndarray
    origins: Mapping[int, _Origin]


def splits(model: Pipeline, frame: pd.DataFrame, most: int) -> tuple[Split, ...]:
    """Return splits of trees from all over the fit, at most so many.

    Args:
        model: a fitted pipeline.
        frame: rows to send through the trees, features in the model's own order or another.
        most: how many splits.
    """
    grown = list(_grown(model, frame))
    found = []
    for number in range(most if grown else 0):
        each = (
            grown[number * len(grown) // most] if len(grown) > most else grown[number % len(grown)]
        )
        row = number % len(frame)
        way = list(_way(each, row))
        if way:
            found.append(way[number % len(way)])
    return tuple(dict.fromkeys(found))


def _way(grown: _Grown, row: int) -> Iterator[Split]:
    """Yield the splits that a row meets from the root on, of numbers that a column has."""
    tree, values = grown.tree, grown.rows[row]
    node = 0
    while tree.left[node] != _NO_CHILD:
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        origin = grown.origins.get(feature)
        if origin is not None:
            yield Split(row, origin.column, origin.scale * threshold + origin.shift)
        value = float(np.float32(values[feature]))
        is_left = tree.missing_left[node] if np.isnan(value) else value <= threshold
        node = int((tree.left if is_left else tree.right)[node])


def _grown(model: Any, frame: pd.DataFrame) -> Iterator[_Grown]:  # noqa: ANN401  any estimator
    """Yield the trees of a pipeline, or of the pipelines that an ensemble holds."""
    if not isinstance(model, Pipeline):
        return
    preparing, learner = model[:-1], model[-1]
    if not len(preparing):
        for member in getattr(learner, "estimators_", ()):
            yield from _grown(member, frame)
        return
    preprocessing = preparing[0]
    if not isinstance(preprocessing, ColumnTransformer):
        return
    prepared = preprocessing.transform(frame)
    rows = prepared.toarray() if hasattr(prepared, "toarray") else np.asarray(prepared)
    origins = _origins(preprocessing)
    for tree, features in _trees(learner):
        if features is None:
            yield _Grown(tree, rows, origins)
        else:
            own = {place: origins[each] for place, each in enumerate(features) if each in origins}
            yield _Grown(tree, rows[:, features], own)


def _origins(preprocessing: ColumnTransformer) -> dict[int, _Origin]:
    """Return which prepared features are numbers of a column; codes and indicators are not."""
    found = {}
    for name, transformer, columns in preprocessing.transformers_:
        first = preprocessing.output_indices_[name].start
        for place, origin in enumerate(_origins_of(transformer, list(columns))):
            found[first + place] = origin
    return found


def _origins_of(transformer: Any, columns: Sequence[str]) -> list[_Origin]:  # noqa: ANN401
    if isinstance(transformer, FunctionTransformer | SimpleImputer):
        return [_Origin(name) for name in columns]
    if isinstance(transformer, Pipeline) and isinstance(transformer[-1], StandardScaler):
        scaler = transformer[-1]
        if isinstance(transformer[0], SimpleImputer):
            scaled = zip(columns, scaler.scale_, scaler.mean_, strict=False)
            return [_Origin(name, float(scale), float(mean)) for name, scale, mean in scaled]
    return []


def _trees(learner: Any) -> Iterator[tuple[_Tree, np.ndarray | None]]:  # noqa: ANN401
    """Yield trees with the features that each was given, None for all of them."""
    if hasattr(learner, "tree_"):
        tree = learner.tree_
        own = _Tree(
            tree.feature,
            tree.threshold,
            tree.children_left,
            tree.children_right,
            tree.missing_go_to_left,
        )
        yield own, None
    elif hasattr(learner, "_predictors"):
        for predictor in np.ravel(learner._predictors):
            yield _histogram_tree(predictor.nodes), None
    elif hasattr(learner, "calibrated_classifiers_"):
        for each in learner.calibrated_classifiers_:
            yield from _trees(each.estimator)
    elif hasattr(learner, "estimators_features_"):
        for each, features in zip(learner.estimators_, learner.estimators_features_, strict=True):
            yield from ((tree, np.asarray(features)) for tree, _ in _trees(each))
    elif hasattr(learner, "estimators_"):
        for each in np.ravel(learner.estimators_):
            yield from _trees(each)


def _histogram_tree(nodes: np.ndarray) -> _Tree:
    is_leaf = nodes["is_leaf"].astype(bool)
    return _Tree(
        nodes["feature_idx"],
        nodes["num_threshold"],
        np.where(is_leaf, _NO_CHILD, nodes["left"].astype(np.int64)),
        np.where(is_leaf, _NO_CHILD, nodes["right"].astype(np.int64)),
        nodes["missing_go_to_left"],
    )
