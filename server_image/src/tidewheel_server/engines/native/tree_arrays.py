"""Reads the nodes of scikit-learn's two kinds of trees as plain arrays: pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_native.engine import DoubleTrees, FloatTrees
from tidewheel_server.engines.native.document import SkopsObject
from tidewheel_server.engines.native.unsupported import UnsupportedError

__all__ = ["add_histogram_tree", "add_tree"]

_NODE_FIELDS = frozenset(
    {"left_child", "right_child", "feature", "threshold", "missing_go_to_left"}
)
_HISTOGRAM_FIELDS = frozenset(
    {
        "value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf",
        "is_categorical",
    }
)  # fmt: skip


def add_tree(trees: FloatTrees, tree: SkopsObject, output: int) -> None:
    """Add a `sklearn.tree._tree.Tree`, whose leaves count for outputs from `output` on.

    Raises:
        UnsupportedError: its arrays are no tree.
    """
    nodes = _nodes(tree, _NODE_FIELDS)
    values = tree.array("values").astype(np.float64)
    if values.ndim != 3 or values.shape[:2] != (len(nodes), 1):
        raise UnsupportedError("a tree of several outputs is not implemented")
    try:
        trees.add(
            _integers(nodes["feature"]),
            _doubles(nodes["threshold"]),
            _integers(nodes["left_child"]),
            _integers(nodes["right_child"]),
            _flags(nodes["missing_go_to_left"]),
            _doubles(values.reshape(-1)),
            output,
        )
    except ValueError as error:
        raise UnsupportedError(f"a tree is damaged: {error}") from error


def add_histogram_tree(trees: DoubleTrees, tree: SkopsObject, output: int) -> None:
    """Add a `TreePredictor` of histogram boosting, whose leaves count for one output.

    Raises:
        UnsupportedError: its arrays are no tree, or it splits by categories.
    """
    nodes = _nodes(tree, _HISTOGRAM_FIELDS)
    if nodes["is_categorical"].any():
        raise UnsupportedError("histogram boosting that splits by categories is not implemented")
    is_leaf = nodes["is_leaf"] != 0
    try:
        trees.add(
            _integers(nodes["feature_idx"]),
            _doubles(nodes["num_threshold"]),
            np.where(is_leaf, -1, _integers(nodes["left"])),
            np.where(is_leaf, -1, _integers(nodes["right"])),
            _flags(nodes["missing_go_to_left"]),
            _doubles(nodes["value"]),
            output,
        )
    except ValueError as error:
        raise UnsupportedError(f"a tree is damaged: {error}") from error


def _nodes(tree: SkopsObject, fields: frozenset[str]) -> NDArray[Any]:
    nodes = tree.array("nodes")
    if nodes.ndim != 1 or not fields <= set(nodes.dtype.names or ()):
        raise UnsupportedError("a tree with such nodes is not known")
    return nodes


def _integers(values: NDArray[Any]) -> NDArray[np.int64]:
    return np.ascontiguousarray(values, dtype=np.int64)


def _doubles(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype=np.float64)


def _flags(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(values, dtype=np.uint8)
