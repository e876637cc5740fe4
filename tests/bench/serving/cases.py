"""What is measured: models, and the requests that ask them, in the dialect of each server."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, make_classification

__all__ = [
    "CASES",
    "MODELS",
    "Body",
    "Case",
    "Model",
    "binary_matrix",
    "bodies",
    "json_columns",
    "json_document",
    "json_matrix",
    "table_of",
]

_SEED = 7
# So many bodies take turns, so that no branch predictor learns one by heart.
_BODIES = {1: 64, 100: 8}
_MIXED_ROWS = 4000
_COPIES = 8


@dataclass(frozen=True, slots=True)
class Body:
    """One request: headers beyond the content type, and its bytes."""

    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that every server is given: what is fitted, on which columns."""

    name: str
    estimator: str
    parameters: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Requests of one kind to one model."""

    name: str
    model: Model
    rows: int
    dialect: str


_LINEAR = Model("linear", "sklearn.linear_model.LogisticRegression", (("max_iter", 1000),))
_FOREST = Model("forest", "sklearn.ensemble.RandomForestClassifier", (("n_estimators", 100),))
_MIXED = Model("mixed", "sklearn.ensemble.HistGradientBoostingClassifier")
MODELS = (_LINEAR, _FOREST, _MIXED)
CASES = (
    Case("linear_1_row", _LINEAR, 1, "json"),
    Case("forest_1_row", _FOREST, 1, "json"),
    Case("linear_100_rows", _LINEAR, 100, "json"),
    Case("forest_100_rows", _FOREST, 100, "json"),
    Case("linear_100_rows_binary", _LINEAR, 100, "binary"),
    Case("mixed_1_row", _MIXED, 1, "columns"),
)


@cache
def table_of(model: Model) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows and labels that the model learns."""
    return _mixed_table() if model is _MIXED else _numbers()


def bodies(case: Case, encode: Callable[[pd.DataFrame], Body]) -> tuple[Body, ...]:
    """Return the requests that take turns, each of other rows."""
    frame, _ = table_of(case.model)
    rows = np.random.default_rng(_SEED)
    return tuple(
        encode(frame.iloc[rows.integers(0, len(frame), case.rows)])
        for _ in range(_BODIES[case.rows])
    )


def json_matrix(frame: pd.DataFrame, name: str) -> Body:
    """Return a request of the Open Inference Protocol with one matrix."""
    tensor = {
        "name": name,
        "shape": list(frame.shape),
        "datatype": "FP64",
        "data": frame.to_numpy().ravel().tolist(),
    }
    return _json({"inputs": [tensor]})


def binary_matrix(frame: pd.DataFrame, name: str) -> Body:
    """Return a request with one matrix after the JSON, that asks for binary answers too."""
    data = np.ascontiguousarray(frame.to_numpy(), dtype="<f8").tobytes()
    tensor = {
        "name": name,
        "shape": list(frame.shape),
        "datatype": "FP64",
        "parameters": {"binary_data_size": len(data)},
    }
    document = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    header = json.dumps(document, separators=(",", ":")).encode()
    return Body(header + data, {"Inference-Header-Content-Length": str(len(header))})


def json_columns(frame: pd.DataFrame, **parameters: object) -> Body:
    """Return a request with one tensor a column, text as BYTES and a missing value as null."""
    return _json(
        {
            **({"parameters": parameters} if parameters else {}),
            "inputs": [
                {
                    "name": name,
                    "shape": [len(frame)],
                    "datatype": "BYTES" if column.dtype == object else "FP64",
                    "data": _values(column),
                }
                for name, column in frame.items()
            ],
        }
    )


def json_document(frame: pd.DataFrame, wrap: Callable[[Any], object]) -> Body:
    """Return a request of a server's own format: rows as lists, wrapped as it wants them."""
    return _json(wrap([_values(row) for _, row in frame.astype(object).iterrows()]))


def _json(document: object) -> Body:
    return Body(json.dumps(document, separators=(",", ":")).encode(), {})


def _values(column: pd.Series) -> list[Any]:
    return [None if value is None or value != value else value for value in column.tolist()]


def _numbers() -> tuple[pd.DataFrame, np.ndarray]:
    """Return 569 rows of 30 numbers, several times, so that a gate has rows to test on."""
    data = load_breast_cancer()
    names = [f"x{number:02}" for number in range(data.data.shape[1])]
    frame = pd.DataFrame(np.tile(data.data, (_COPIES, 1)), columns=names)
    return frame, np.tile(data.target, _COPIES).astype(np.int64)


def _mixed_table() -> tuple[pd.DataFrame, np.ndarray]:
    """Return eight numbers with holes and four texts of twelve words each."""
    values, labels = make_classification(
        _MIXED_ROWS, 12, n_informative=8, random_state=_SEED, shuffle=False
    )
    rows = np.random.default_rng(_SEED)
    values[rows.random(values.shape) < 0.05] = np.nan
    frame = pd.DataFrame(values[:, :8], columns=[f"number{n}" for n in range(8)])
    for place in range(8, 12):
        steps = np.nan_to_num(np.digitize(values[:, place], np.linspace(-3, 3, 11)))
        words = np.array([f"word{step}" for step in range(12)], dtype=object)
        frame[f"text{place}"] = pd.Series(words[steps], dtype=object)
    return frame, labels.astype(np.int64)
