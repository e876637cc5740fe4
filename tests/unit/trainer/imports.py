"""Models of others' making that the tests of imports share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from tests.unit.trainer.trainings import BOOSTING

Put = Callable[[object], dict[str, Any]]

KEY = "tidewheel/ml/imports/theirs.skops"
# `columns_of` begins on 2013-01-01.
THROUGH = "2013-01-20T23:59:59Z"
THEIRS = ({"name": "theirs", "estimator": BOOSTING},)


def frame_of(columns: dict[str, Any], *names: str) -> pd.DataFrame:
    """Return columns as a person at a notebook has them."""
    return pd.DataFrame({name: np.asarray(columns[name]) for name in names})


def model_of(columns: dict[str, Any], rounds: int = 20) -> Pipeline:
    """Return a pipeline of other steps than ours, which reads fewer columns."""
    codes = OneHotEncoder(sparse_output=False)
    encoding = ColumnTransformer(
        [("codes", codes, ["carrier"]), ("as_is", "passthrough", ["wind"])]
    )
    boosting = HistGradientBoostingClassifier(max_iter=rounds, learning_rate=0.2)
    frame = frame_of(columns, "carrier", "wind")
    return make_pipeline(encoding, boosting).fit(frame, columns["late"])
