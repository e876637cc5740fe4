"""What collect and train publish as programs is what a server loads, with nothing in between."""

import json
from typing import Any

import pandas as pd
import pytest
from tests.contract.serve.published_runs import (
    CLASSIFIER,
    REGRESSOR,
    published,
    serve_request,
)

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.protocol.inference import infer, sample_body
from tidewheel_trainer.train.model_file import read_model

TREE = {
    "name": "tree",
    "estimator": "sklearn.tree.DecisionTreeClassifier",
    "parameters": {"max_depth": 3},
}
NEAR = {
    "name": "near",
    "estimator": "sklearn.neighbors.KNeighborsClassifier",
    "parameters": {"n_neighbors": 30},
}
MEMBERS = [{"candidate": "tree"}, {"candidate": "near"}]
XGBOOST = {"candidates": [{"name": "boosting", "estimator": "xgboost.XGBClassifier"}]}
LIGHTGBM = {"candidates": [{"name": "boosting", "estimator": "lightgbm.LGBMClassifier"}]}
CALIBRATED = {"candidates": [TREE | {"calibration": {"method": "Isotonic", "folds": 3}}]}
VOTING = {
    "candidates": [TREE, NEAR],
    "ensembles": [{"name": "both", "kind": "Voting", "members": MEMBERS}],
}
STACKING = {
    "candidates": [TREE, NEAR],
    "ensembles": [{"name": "both", "kind": "Stacking", "members": MEMBERS, "folds": 2}],
}


@pytest.mark.parametrize(
    ("target", "training", "winner", "datatype"),
    [
        pytest.param("late", CLASSIFIER, "boosting", "BOOL", id="two classes"),
        pytest.param("grade", CLASSIFIER, "boosting", "INT64", id="three classes"),
        pytest.param("minutes", REGRESSOR, "boosting", "FP64", id="a number"),
        pytest.param("late", CALIBRATED, "tree", "BOOL", id="calibrated"),
        pytest.param("late", VOTING, "both", "BOOL", id="a vote"),
        pytest.param("late", STACKING, "both", "BOOL", id="a stack"),
        pytest.param("late", XGBOOST, "boosting", "BOOL", id="two classes of XGBoost"),
        pytest.param("grade", LIGHTGBM, "boosting", "INT64", id="three classes of LightGBM"),
    ],
)
def test_published_model_is_served(
    run_trainer: Any,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    load: Any,
    target: str,
    training: dict[str, Any],
    winner: str,
    datatype: str,
) -> None:
    store, artifact = published(run_trainer, s3, s3_endpoint, folder, target, training, winner)

    model = load(serve_request(store, artifact))
    answer = json.loads(infer(model, sample_body(model.manifest)).response.body)

    expected = expected_outputs(s3, model.manifest, artifact.manifest_key, datatype)
    assert answer["outputs"] == expected


def expected_outputs(
    s3: Any, manifest: ModelManifest, manifest_key: str, datatype: str
) -> list[dict[str, Any]]:
    """Return what scikit-learn answers for the sample rows, after the trainer's way of reading."""
    key = manifest_key.replace("manifest.json", "model.skops")
    pipeline = read_model(s3.get_object(Bucket="bucket", Key=key)["Body"].read(), key)
    frame = pd.DataFrame(
        {
            column.name: pd.Series(values, dtype=object if column.datatype == "BYTES" else float)
            for column, values in zip(manifest.inputs, manifest.sample, strict=True)
        }
    )
    rows = len(frame)
    predict = {
        "name": "predict",
        "shape": [rows],
        "datatype": datatype,
        "data": pipeline.predict(frame).tolist(),
    }
    if not manifest.classes:
        return [predict]
    probability = {
        "name": "probability",
        "shape": [rows, len(manifest.classes)],
        "datatype": "FP64",
        "data": pipeline.predict_proba(frame).ravel().tolist(),
    }
    return [predict, probability]
