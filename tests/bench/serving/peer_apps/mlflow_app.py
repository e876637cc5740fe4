"""Saves a fitted model as MLflow serves it: folder of the model file, its name, output folder."""

import sys
from pathlib import Path

import joblib
import mlflow.sklearn

folder, name, output = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
mlflow.sklearn.save_model(
    joblib.load(folder / f"{name}.joblib"), output, serialization_format="cloudpickle"
)
