"""Requests and answers of the Open Inference Protocol V2 in JSON; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tidewheel_dev import errors

__all__ = ["Prediction", "auc", "infer_body", "infer_path", "prediction"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model answered: its version, and for each row the probability of the class asked."""

    version: int
    probabilities: tuple[float, ...]


def infer_path(model: str) -> str:
    """Return the path that answers for whichever version serves."""
    return f"/v2/models/{model}/infer"


def infer_body(inputs: Sequence[Mapping[str, Any]], rows: pd.DataFrame) -> bytes:
    """Return a request for these rows, one tensor a column, as the model's metadata names them."""
    tensors = [
        {
            "name": tensor["name"],
            "datatype": tensor["datatype"],
            "shape": [len(rows)],
            "data": _values(rows, tensor["name"]),
        }
        for tensor in inputs
    ]
    return json.dumps({"inputs": tensors}).encode()


def prediction(document: Mapping[str, Any], class_index: int, classes: int) -> Prediction:
    """Return the probabilities of one class from the answer's flat, row-major tensor."""
    outputs = {output["name"]: output for output in document["outputs"]}
    flat = outputs["probability"]["data"]
    return Prediction(int(document["model_version"]), tuple(flat[class_index::classes]))


def auc(happened: Sequence[int], probabilities: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a late flight is ranked above another."""
    positive = pd.Series(happened, dtype="int64") == 1
    ranks = pd.Series(probabilities, dtype="float64").rank()
    late, other = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - late * (late + 1) / 2) / (late * other))


def _values(rows: pd.DataFrame, name: str) -> list[Any]:
    if name not in rows.columns:
        raise errors.DevError(
            f"the model asks for {name!r}, which a client does not know before departure"
        )
    # JSON has no NaN: the protocol's word for a missing value is null.
    return [None if pd.isna(value) else value for value in rows[name].tolist()]
