"""Fits the measured models in a peer's own environment: arguments are data folder and output."""

import json
import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main() -> None:
    """Fit each model on `<name>.json` of the data folder, and write `<name>.joblib`."""
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    for name in ("linear", "forest", "mixed"):
        document = json.loads((data / f"{name}.json").read_text())
        frame = pd.DataFrame(document["rows"], columns=document["columns"])
        features = frame if name == "mixed" else frame.to_numpy(dtype=float)
        model = _model(name, frame).fit(features, document["labels"])
        joblib.dump(model, output / f"{name}.joblib")


def _model(name: str, frame: pd.DataFrame) -> object:
    if name == "linear":
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    if name == "forest":
        return RandomForestClassifier(n_estimators=100, random_state=7)
    numbers = [column for column in frame if column.startswith("number")]
    texts = [column for column in frame if column.startswith("text")]
    encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("numbers", SimpleImputer(), numbers), ("texts", encode, texts)])
    return make_pipeline(columns, HistGradientBoostingClassifier())


main()
