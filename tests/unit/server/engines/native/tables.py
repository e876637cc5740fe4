"""Tables of numbers and text with holes, fits on them as training makes them, and hard rows."""

from typing import Any

import numpy as np
import pandas as pd
import skops.io
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelInput, ModelManifest
from tidewheel_server.engines.engine import Columns
from tidewheel_server.engines.tier import ModelFiles

__all__ = [
    "as_they_are", "columns_of", "files_of", "filled", "hard_rows", "labels", "numbers", "scaled",
    "training_table",
]  # fmt: skip

NUMERIC = ["distance", "delay", "seen_at"]
CATEGORICAL = ["carrier", "gate"]
_TEXT = ("carrier",)


def training_table(seed: int, rows: int = 400) -> pd.DataFrame:
    """Return flights: numbers of very different sizes, some missing, and categories."""
    draw = np.random.default_rng(seed)
    names = np.array(["UA", "AA", "Dältä", "", "B6", "rare"], dtype=object)
    carrier = names[draw.choice(6, size=rows, p=[0.3, 0.3, 0.2, 0.1, 0.09, 0.01])]
    table = pd.DataFrame(
        {
            "distance": draw.gamma(2, 500, size=rows),
            "delay": draw.normal(size=rows).round(1),
            "seen_at": 1.7e9 + draw.integers(0, 10**6, size=rows).astype(float),
            "carrier": pd.Series(carrier, dtype=object),
            "gate": draw.integers(0, 8, size=rows).astype(float),
        }
    )
    table.loc[draw.random(rows) < 0.1, "delay"] = np.nan
    table.loc[draw.random(rows) < 0.1, "carrier"] = None
    table.loc[draw.random(rows) < 0.1, "gate"] = np.nan
    return table


def labels(table: pd.DataFrame, seed: int, classes: int) -> NDArray[Any]:
    """Return classes that have to do with the columns, as text in ascending order."""
    places = np.digitize(numbers(table, seed), np.arange(1, classes) * 3.0 / classes)
    return np.array([f"class{place}" for place in range(classes)], dtype=object)[places]


def numbers(table: pd.DataFrame, seed: int) -> NDArray[np.float64]:
    """Return numbers above zero that have to do with the columns."""
    noise = np.random.default_rng(seed).random(len(table))
    night = table["carrier"].isin(["UA", "B6"]).to_numpy()
    delay = table["delay"].fillna(0.5).to_numpy()
    whole = 0.6 * night + np.abs(delay) + table["distance"].to_numpy() / 1500 + noise / 2
    return np.asarray(whole + 0.01, dtype=np.float64)


def as_they_are() -> ColumnTransformer:
    """Return the preprocessing of estimators that take missing values."""
    return ColumnTransformer(
        [("numeric", "passthrough", NUMERIC), ("categorical", _coded(), CATEGORICAL)],
        sparse_threshold=0,
    )


def filled() -> ColumnTransformer:
    """Return the preprocessing of estimators that take codes, but no missing values."""
    return ColumnTransformer(
        [("numeric", _filler(), NUMERIC), ("categorical", _coded(), CATEGORICAL)],
        sparse_threshold=0,
    )


def scaled() -> ColumnTransformer:
    """Return the preprocessing of weighted sums."""
    columns = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=10, max_categories=5
    )
    return ColumnTransformer(
        [
            ("numeric", make_pipeline(_filler(), StandardScaler()), NUMERIC),
            ("categorical", make_pipeline(_coded(), columns), CATEGORICAL),
        ],
        sparse_threshold=0.3,
    )


def files_of(pipeline: Pipeline, table: pd.DataFrame, manifest: ModelManifest) -> ModelFiles:
    """Return the pipeline as a model file, and the manifest with its inputs and classes."""
    classes = tuple(map(str, getattr(pipeline, "classes_", ())))
    changed = {
        "inputs": tuple(
            ModelInput(
                name=name,
                datatype="BYTES" if name in _TEXT else "FP64",
                kind="Categorical" if name in CATEGORICAL else "Numeric",
            )
            for name in table
        ),
        "classes": classes,
        "classes_datatype": "BYTES" if classes else "FP64",
        "task": Task.CLASSIFICATION if classes else Task.REGRESSION,
    }
    return ModelFiles(manifest.model_copy(update=changed), skops.io.dumps(pipeline))


def hard_rows(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return rows at the ends of what was learned, on thresholds, beside them, and with holes."""
    draw = np.random.default_rng(seed)
    rows = table.iloc[draw.integers(0, len(table), size=600)].reset_index(drop=True)
    for name in [*NUMERIC, "gate"]:
        learned = table[name].dropna().to_numpy()
        middles = (learned[1:] + learned[:-1]) / 2
        places = np.concatenate([learned, middles, np.float32(learned), [0.0, -1e9, 1e9, 1e30]])
        values = draw.choice(places, size=len(rows))
        beside = [values, np.nextafter(values, np.inf), np.nextafter(values, -np.inf)]
        chosen = np.choose(draw.integers(0, 3, size=len(rows)), beside)
        rows[name] = np.where(draw.random(len(rows)) < 0.1, np.nan, chosen)
    unknown = draw.random(len(rows)) < 0.1
    rows.loc[unknown, "carrier"] = "never seen"
    return rows


def columns_of(table: pd.DataFrame) -> Columns:
    """Return a table as the protocol gives it to an engine."""
    return {name: table[name].to_numpy() for name in table}


def _filler() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _coded() -> OrdinalEncoder:
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
