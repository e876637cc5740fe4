"""Requests and answers of the protocol, and the measure that the demo prints."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tidewheel_dev import errors
from tidewheel_dev.demo import questions

INPUTS = (
    {"name": "temp", "datatype": "FP64", "shape": [-1]},
    {"name": "carrier", "datatype": "BYTES", "shape": [-1]},
)
ROWS = pd.DataFrame({"carrier": ["UA", "AA"], "temp": [39.02, np.nan], "unused": [1, 2]})


def test_request_has_the_tensors_that_the_metadata_names() -> None:
    assert json.loads(questions.infer_body(INPUTS, ROWS)) == {
        "inputs": [
            {"name": "temp", "datatype": "FP64", "shape": [2], "data": [39.02, None]},
            {"name": "carrier", "datatype": "BYTES", "shape": [2], "data": ["UA", "AA"]},
        ]
    }


def test_an_input_that_no_client_knows_is_named() -> None:
    inputs = [{"name": "arr_delay", "datatype": "FP64", "shape": [-1]}]
    with pytest.raises(errors.DevError, match="'arr_delay', which a client does not know"):
        questions.infer_body(inputs, ROWS)


def test_probabilities_of_one_class_are_read_from_the_flat_tensor() -> None:
    document = {
        "model_name": "flight-delay",
        "model_version": "2",
        "outputs": [
            {"name": "predict", "datatype": "INT64", "shape": [2], "data": [0, 1]},
            {
                "name": "probability",
                "datatype": "FP64",
                "shape": [2, 2],
                "data": [0.75, 0.25, 0.1, 0.9],
            },
        ],
    }
    assert questions.prediction(document, class_index=1, classes=2) == questions.Prediction(
        version=2, probabilities=(0.25, 0.9)
    )


def test_auc_is_that_of_scikit_learn_with_ties_too() -> None:
    random = np.random.default_rng(7)
    happened = random.integers(0, 2, 500).tolist()
    probabilities = random.integers(0, 20, 500).tolist()
    expected = roc_auc_score(happened, probabilities)
    assert questions.auc(happened, probabilities) == pytest.approx(expected)
