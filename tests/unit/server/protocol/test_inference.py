"""From the body of an inference request to the body of its response."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest

from tidewheel_server.engines.engine import ValuesRefusedError
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import infer, sample_body

Tensors = Callable[..., list[dict[str, Any]]]

PREDICT = {"name": "predict", "shape": [2], "datatype": "BYTES", "data": ["late", "on time"]}
PROBABILITY = {
    "name": "probability",
    "shape": [2, 2],
    "datatype": "FP64",
    "data": [0.125, 0.875, 0.875, 0.125],
}
ANSWER = {"model_name": "flights", "model_version": "2", "outputs": [PREDICT, PROBABILITY]}


def answered(model: ServedModel, document: object) -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    response = infer(model, body).response
    assert response.header_lines == model.header_lines
    return response.status, orjson.loads(response.body)


def test_answer_is_exactly_this(model: ServedModel, tensors: Tensors) -> None:
    body = orjson.dumps({"id": "7", "inputs": tensors(), "outputs": [{"name": "probability"}]})

    inference = infer(model, body)

    assert inference.prediction is not None
    assert inference.prediction.rows == 2
    assert inference.response.status == 200
    assert inference.response.content_type == b"application/json"
    assert inference.response.body == (
        b'{"model_name":"flights","model_version":"2","id":"7","outputs":[{"name":"probability",'
        b'"shape":[2,2],"datatype":"FP64","data":[0.125,0.875,0.875,0.125]}]}'
    )
    assert inference.response.header_lines == (
        b"tidewheel-model-version: 2\r\ntidewheel-artifact-digest: sha256:" + b"a" * 64 + b"\r\n"
    )


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        pytest.param({}, ANSWER, id="no id, all outputs"),
        pytest.param({"id": "a"}, {**ANSWER, "id": "a"}, id="id is echoed"),
        pytest.param({"id": ""}, {**ANSWER, "id": ""}, id="empty id is an id"),
        pytest.param({"id": None}, ANSWER, id="null id is none"),
        pytest.param({"outputs": []}, ANSWER, id="empty outputs are all"),
        pytest.param(
            {"outputs": [{"name": "predict"}]}, {**ANSWER, "outputs": [PREDICT]}, id="one output"
        ),
        pytest.param(
            {"outputs": [{"name": "probability"}, {"name": "predict"}, {"name": "predict"}]},
            {**ANSWER, "outputs": [PROBABILITY, PREDICT]},
            id="outputs in the order asked for, each once",
        ),
        pytest.param(
            {"parameters": {"binary_data_output": False, "priority": 1}, "unknown": 1},
            ANSWER,
            id="parameters and unknown keys are tolerated",
        ),
    ],
)
def test_request_is_answered(
    model: ServedModel, tensors: Tensors, extra: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert answered(model, {"inputs": tensors(), **extra}) == (200, expected)


@pytest.mark.parametrize(
    ("replaced", "column", "expected"),
    [
        pytest.param({"data": [[1.5], [-2]], "shape": [2, 1]}, "delay", [1.5, -2.0], id="nested"),
        pytest.param({"data": [1.5, -2], "shape": [2, 1]}, "delay", [1.5, -2.0], id="flat"),
        pytest.param({"data": [1, None]}, "delay", [1.0, np.nan], id="null is missing"),
        pytest.param({"data": [None, None]}, "delay", [np.nan, np.nan], id="all missing"),
        pytest.param({"datatype": "FP32", "data": [0.1, 1]}, "delay", [0.1, 1.0], id="as written"),
        pytest.param({"datatype": "INT8"}, "delay", [1.5, -2.0], id="any datatype of numbers"),
        pytest.param({"parameters": {"a": 1}}, "delay", [1.5, -2.0], id="parameters"),
        pytest.param({"data": [1.0, -3.0]}, "seats", [1.0, -3.0], id="whole floats"),
        pytest.param({"datatype": "FP64"}, "seats", [100.0, 200.0], id="numbers for whole ones"),
        pytest.param({"datatype": "UINT8"}, "seats", [100.0, 200.0], id="unsigned"),
        pytest.param({"data": [None, 5]}, "seats", [np.nan, 5.0], id="missing whole number"),
        pytest.param({"data": [True, None]}, "night", [1.0, np.nan], id="missing boolean"),
        pytest.param({"data": ["", None]}, "carrier", ["", None], id="empty text is not missing"),
        pytest.param({"data": [["Ü"], ["日"]], "shape": [2, 1]}, "carrier", ["Ü", "日"], id="text"),
    ],
)
def test_values_reach_the_engine(
    model: ServedModel,
    engine: Any,
    tensors: Tensors,
    replaced: dict[str, Any],
    column: str,
    expected: list[object],
) -> None:
    status, _ = answered(model, {"inputs": tensors(**{column: replaced})})

    assert status == 200
    values = engine.asked[0][column]
    assert values.dtype == (object if column == "carrier" else np.float64)
    np.testing.assert_array_equal(values, np.array(expected, dtype=values.dtype))


def test_columns_come_in_training_order(model: ServedModel, engine: Any, tensors: Tensors) -> None:
    answered(model, {"inputs": tensors()[::-1]})

    assert list(engine.asked[0]) == ["delay", "seats", "night", "carrier"]


@pytest.mark.parametrize(
    ("column", "replaced", "error"),
    [
        ("delay", {"datatype": "BYTES"}, "datatype must be FP64, not 'BYTES'"),
        ("delay", {"datatype": "BOOL"}, "datatype must be FP64, not 'BOOL'"),
        ("delay", {"datatype": "FP16"}, "datatype must be FP64, not 'FP16'"),
        ("delay", {"datatype": "fp64"}, "datatype must be FP64, not 'fp64'"),
        ("delay", {"datatype": None}, "datatype must be FP64, not None"),
        ("delay", {"datatype": ["FP64"]}, "datatype must be FP64, not ['FP64']"),
        ("night", {"datatype": "INT64"}, "datatype must be BOOL, not 'INT64'"),
        ("carrier", {"datatype": "FP64"}, "datatype must be BYTES, not 'FP64'"),
        ("delay", {"shape": None}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": []}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [1, 2]}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [2, 1, 1]}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [-1]}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [2.0]}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [True]}, "shape must be [n] or [n, 1]"),
        ("delay", {"shape": [3]}, "shape [3] takes 3 elements, but data has 2"),
        ("delay", {"shape": [3, 1]}, "shape [3, 1] takes 3 elements, but data has 2"),
        ("delay", {"data": None}, "data must be a list"),
        ("delay", {"data": "ab"}, "data must be a list"),
        ("delay", {"data": [1, "2"]}, "FP64 takes numbers or null, but element 1 is a string"),
        ("delay", {"data": [True, 1]}, "FP64 takes numbers or null, but element 0 is a boolean"),
        ("delay", {"data": [1, {}]}, "FP64 takes numbers or null, but element 1 is an object"),
        ("delay", {"data": [[1], [2]]}, "FP64 takes numbers or null, but element 0 is a list"),
        (
            "delay",
            {"data": [[1, 2], []], "shape": [2, 1]},
            "FP64 takes numbers or null, but element 0 is a list",
        ),
        ("seats", {"data": [1, 2.5]}, "INT64 takes whole numbers of 64 bits or null"),
        ("seats", {"data": [1, 2**63]}, "INT64 takes whole numbers of 64 bits or null"),
        (
            "seats",
            {"data": ["1", 2]},
            "INT64 takes whole numbers or null, but element 0 is a string",
        ),
        ("night", {"data": [1, 0]}, "BOOL takes true, false or null, but element 0 is a number"),
        ("carrier", {"data": ["UA", 1]}, "BYTES takes strings or null, but element 1 is a number"),
    ],
)
def test_wrong_tensor_is_refused(
    model: ServedModel, tensors: Tensors, column: str, replaced: dict[str, Any], error: str
) -> None:
    document = {"inputs": tensors(**{column: replaced})}

    assert answered(model, document) == (400, {"error": f"Input '{column}': {error}"})


NO_OUTPUT = "No output 'x'; the model gives 'predict', 'probability'"
NO_INPUT = "No input 'x'; the model takes 'delay', 'seats', 'night', 'carrier'"


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"id": 7}, "'id' must be a string"),
        ({"outputs": {}}, "'outputs' must be a list of objects with a 'name'"),
        ({"outputs": "predict"}, "'outputs' must be a list of objects with a 'name'"),
        ({"outputs": ["predict"]}, "Each of 'outputs' must be an object with a 'name'"),
        ({"outputs": [{"name": 1}]}, "Each of 'outputs' must be an object with a 'name'"),
        ({"outputs": [{"name": "x"}]}, NO_OUTPUT),
        (
            {"outputs": [{"name": "predict", "parameters": {"binary_data": 1}}]},
            "Output 'predict': 'binary_data' must be true or false",
        ),
        (
            {"parameters": {"binary_data_output": "yes"}},
            "'binary_data_output' must be true or false",
        ),
        ({"inputs": None}, "'inputs' must be a list of tensors"),
        ({"inputs": {}}, "'inputs' must be a list of tensors"),
        ({"inputs": [1]}, "Each of 'inputs' must be an object with a 'name'"),
        ({"inputs": [{}]}, "Each of 'inputs' must be an object with a 'name'"),
        ({"inputs": [{"name": "x"}]}, NO_INPUT),
        ({"inputs": []}, "Missing inputs: 'delay', 'seats', 'night', 'carrier'"),
    ],
)
def test_wrong_request_is_refused(
    model: ServedModel, tensors: Tensors, extra: dict[str, Any], error: str
) -> None:
    assert answered(model, {"inputs": tensors(), **extra}) == (400, {"error": error})


def test_missing_inputs_are_named(model: ServedModel, tensors: Tensors) -> None:
    assert answered(model, {"inputs": tensors()[1::2]}) == (
        400,
        {"error": "Missing inputs: 'delay', 'night'"},
    )


def test_input_given_twice_is_refused(model: ServedModel, tensors: Tensors) -> None:
    assert answered(model, {"inputs": tensors() + tensors()}) == (
        400,
        {"error": "Input 'delay' is given twice"},
    )


def test_inputs_of_different_lengths_are_refused(model: ServedModel, tensors: Tensors) -> None:
    inputs = tensors(night={"shape": [1], "data": [True]})

    assert answered(model, {"inputs": inputs}) == (
        400,
        {"error": "Input 'night' has 1 rows, but 'delay' has 2"},
    )


def test_no_rows_are_refused(model: ServedModel, tensors: Tensors) -> None:
    empty = {"shape": [0], "data": []}
    inputs = tensors(delay=empty, seats=empty, night=empty, carrier=empty)

    assert answered(model, {"inputs": inputs}) == (
        400,
        {"error": "The inputs must have at least one row"},
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut"),
        pytest.param(b'{"inputs": NaN}', id="NaN is no JSON"),
        pytest.param(b'{"inputs": [Infinity]}', id="Infinity is no JSON"),
        pytest.param(b'{"inputs": [1e999]}', id="number beyond FP64"),
        pytest.param(b'{"id": "\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 5000 + b"]" * 5000, id="nested too deep"),
        pytest.param(b"\x80\x04K\x01.", id="pickle"),
    ],
)
def test_body_that_is_not_json_is_refused(model: ServedModel, body: bytes) -> None:
    status, document = answered(model, body)

    assert status == 400
    assert document["error"].startswith("The body is not JSON: ")


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"inputs"'])
def test_body_that_is_no_object_is_refused(model: ServedModel, body: bytes) -> None:
    assert answered(model, body) == (
        400,
        {"error": "The body must be a JSON object with the key 'inputs'"},
    )


def test_values_that_the_engine_refuses_are_bad_input(
    model: ServedModel, engine: Any, tensors: Tensors
) -> None:
    engine.error = ValuesRefusedError("The model refuses these values: too cold")

    assert answered(model, {"inputs": tensors()}) == (
        400,
        {"error": "The model refuses these values: too cold"},
    )


def test_sample_is_a_valid_request(model: ServedModel, engine: Any) -> None:
    inference = infer(model, sample_body(model.manifest))

    assert inference.prediction is not None
    assert (inference.response.status, inference.prediction.rows) == (200, 2)
    np.testing.assert_array_equal(engine.asked[0]["delay"], [1.5, np.nan])
    assert list(engine.asked[0]["carrier"]) == ["UA", None]
