"""A BentoML service of one fitted model; the environment says which."""

import os
from pathlib import Path
from typing import Any

import bentoml
import joblib
import numpy as np
import pandas as pd

name = os.environ["BENCH_MODEL"]
path = Path(os.environ["BENCH_FOLDER"])


@bentoml.service(workers=1)
class Service:
    """Numbers as a matrix, mixed rows as records."""

    def __init__(self) -> None:
        self.model = joblib.load(path / f"{name}.joblib")

    @bentoml.api
    def predict(self, input_data: np.ndarray) -> np.ndarray:
        """Answer rows of numbers."""
        return self.model.predict(input_data)

    @bentoml.api
    def predict_records(self, records: list[dict[str, Any]]) -> np.ndarray:
        """Answer rows of a mixed table."""
        return self.model.predict(pd.DataFrame(records))
