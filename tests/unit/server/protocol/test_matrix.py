"""One tensor for all columns, in JSON and in binary."""

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest

from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import infer
from tidewheel_server.tensors import input_tensors

DATA = [1.5, 100, 1, -2, None, 0]
NESTED = [DATA[:3], DATA[3:]]
COLUMNS = {"delay": [1.5, -2.0], "seats": [100.0, np.nan], "night": [1.0, 0.0]}


@pytest.fixture
def numbers(model: ServedModel) -> ServedModel:
    """Return a model of numbers and booleans only."""
    manifest = model.manifest.model_copy(update={"inputs": model.manifest.inputs[:3]})
    return replace(model, manifest=manifest, inputs=input_tensors(manifest))


def matrix(**changes: object) -> dict[str, Any]:
    return {"name": "input-0", "datatype": "FP64", "shape": [2, 3], "data": DATA, **changes}


def asked(model: ServedModel, tensor: dict[str, Any], data: bytes | None = None) -> tuple[int, Any]:
    head = orjson.dumps({"inputs": [tensor]})
    length = None if data is None else str(len(head)).encode()
    response = infer(model, head + (data or b""), json_length=length, rows_limit=5).response
    return response.status, orjson.loads(response.body)


@pytest.mark.parametrize("name", ["input-0", "predict", "", "X"])
@pytest.mark.parametrize("data", [DATA, NESTED])
def test_matrix_of_any_other_name_is_the_columns_in_order(
    numbers: ServedModel, engine: Any, name: str, data: list[Any]
) -> None:
    status, answer = asked(numbers, matrix(name=name, data=data))

    assert (status, answer["outputs"][0]["data"]) == (200, ["late", "on time"])
    np.testing.assert_equal({k: v.tolist() for k, v in engine.asked[0].items()}, COLUMNS)


def test_binary_matrix_is_the_columns_in_order(numbers: ServedModel, engine: Any) -> None:
    raw = np.array([1.5, 100, 1, -2, np.nan, 0], np.float32).tobytes()
    tensor = {"name": "x", "datatype": "FP32", "shape": [2, 3]}

    status, _ = asked(numbers, tensor | {"parameters": {"binary_data_size": len(raw)}}, raw)

    assert status == 200
    np.testing.assert_equal({k: v.tolist() for k, v in engine.asked[0].items()}, COLUMNS)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"shape": [2, 4]}, 400, "shape must be [n, 3], the columns in the model's order"),
        ({"shape": [-2, 3]}, 400, "shape must be [n, 3], the columns in the model's order"),
        ({"shape": [3, 3]}, 400, "shape [3, 3] takes 9 elements, but data has 6"),
        ({"shape": [6, 3]}, 413, "at most 5 rows, not 6"),
        ({"datatype": "BYTES"}, 400, "datatype must be one of numbers, such as FP64, not 'BYTES'"),
        ({"datatype": "FP16"}, 400, "datatype must be one of numbers, such as FP64, not 'FP16'"),
        ({"datatype": None}, 400, "datatype must be one of numbers, such as FP64, not None"),
        ({"data": {}}, 400, "data must be a list"),
        ({"data": [*DATA[:5], "x"]}, 400, "FP64 takes numbers or null, but element 5 is a string"),
        ({"data": [DATA[:3], DATA[:2]]}, 400, "shape [2, 3] takes 6 elements, but data has 2"),
        (
            {"data": [1, 1.5, 1, 1, 1, 1]},
            400,
            "column 'seats' takes whole numbers of 64 bits or missing ones",
        ),
        (
            {"data": [1, 1, 1, 1, 1, 2]},
            400,
            "column 'night' is boolean: it takes 0, 1 or missing ones",
        ),
    ],
)
def test_wrong_matrix_is_refused(
    numbers: ServedModel, changes: dict[str, Any], status: int, error: str
) -> None:
    assert asked(numbers, matrix(**changes)) == (status, {"error": f"Input 'input-0': {error}"})


def test_infinite_number_in_a_binary_matrix_is_refused(numbers: ServedModel) -> None:
    raw = np.array([1, 1, 1, 1, 1, -np.inf]).tobytes()
    tensor = {"name": "x", "datatype": "FP64", "shape": [2, 3], "parameters": {"a": 1}}
    tensor["parameters"] = {"binary_data_size": len(raw)}

    assert asked(numbers, tensor, raw) == (
        400,
        {"error": "Input 'x': row 1 has an infinite number; NaN is missing"},
    )


def test_no_rows_are_refused(numbers: ServedModel) -> None:
    assert asked(numbers, matrix(shape=[0, 3], data=[])) == (
        400,
        {"error": "The inputs must have at least one row"},
    )


def test_matrix_for_a_model_with_text_is_told_to_send_columns(model: ServedModel) -> None:
    assert asked(model, matrix(shape=[2, 4])) == (
        400,
        {
            "error": "Input 'input-0': a matrix holds numbers, but column 'carrier' is text: "
            "send one tensor for each column"
        },
    )


def test_raw_body_is_the_one_input_of_a_model(model: ServedModel, engine: Any) -> None:
    delay = ModelInput(name="delay", datatype="FP64", kind="Numeric")
    manifest = model.manifest.model_copy(update={"inputs": (delay,)})
    one = replace(model, manifest=manifest, inputs=input_tensors(manifest))

    response = infer(one, np.array([1.5, -2]).tobytes(), json_length=b"0").response

    assert (response.status, response.content_type) == (200, b"application/octet-stream")
    assert engine.asked[0]["delay"].tolist() == [1.5, -2.0]
