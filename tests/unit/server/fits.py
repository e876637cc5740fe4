"""Fitted pipelines of a small table that has missing values and text."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

__all__ = ["fitted", "training_frame"]


def training_frame() -> pd.DataFrame:
    """Return sixty flights."""
    rows = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "delay": rows.normal(size=60),
            "seats": rows.integers(50, 300, size=60).astype(float),
            "night": rows.integers(0, 2, size=60).astype(float),
            "carrier": pd.Series(rows.choice(["UA", "AA"], size=60), dtype=object),
        }
    )
    frame.loc[::7, "delay"] = np.nan
    frame.loc[::11, "carrier"] = None
    return frame


def fitted(estimator: Any, labels: Any = None) -> Pipeline:
    """Return a pipeline with this estimator, fitted on two classes or on these labels."""
    frame = training_frame()
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    columns = ColumnTransformer(
        [("numeric", "passthrough", ["delay", "seats", "night"]), ("text", encoder, ["carrier"])]
    )
    if labels is None:
        labels = np.where(frame["seats"] > 150, "late", "on time")
    return Pipeline([("columns", columns), ("estimator", estimator)]).fit(frame, labels)
