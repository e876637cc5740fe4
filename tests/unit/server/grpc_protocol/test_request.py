"""A ModelInferRequest becomes columns by the same checks as over HTTP."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tidewheel_server.grpc_protocol.request import decode_message
from tidewheel_server.grpc_protocol.schema import message_class
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference_request import InferenceRequest
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.tensors import input_tensors

ModelInferRequest = message_class("inference.ModelInferRequest")

TYPED = {
    "delay": ("FP64", {"fp64_contents": [1.5, np.nan]}),
    "seats": ("INT64", {"int64_contents": [100, 200]}),
    "night": ("BOOL", {"bool_contents": [True, False]}),
    "carrier": ("BYTES", {"bytes_contents": [b"UA", "Ü".encode()]}),
}
RAW = {
    "delay": ("FP64", np.array([1.5, np.nan]).tobytes()),
    "seats": ("INT64", np.array([100, 200]).tobytes()),
    "night": ("BOOL", b"\x01\x00"),
    "carrier": ("BYTES", b"\x02\x00\x00\x00UA\x02\x00\x00\x00\xc3\x9c"),
}
COLUMNS = {
    "delay": [1.5, np.nan],
    "seats": [100.0, 200.0],
    "night": [1.0, 0.0],
    "carrier": ["UA", "Ü"],
}


def typed(shape: tuple[int, ...] = (2,), **replaced: Any) -> Any:
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "contents": contents}
        for name, (datatype, contents) in (TYPED | replaced).items()
    ]
    return ModelInferRequest(model_name="flights", inputs=inputs)


def raw(**replaced: Any) -> Any:
    given = RAW | replaced
    inputs = [{"name": n, "datatype": datatype, "shape": [2]} for n, (datatype, _) in given.items()]
    contents = [data for _, data in given.values()]
    return ModelInferRequest(model_name="flights", inputs=inputs, raw_input_contents=contents)


def decoded(model: ServedModel, message: Any) -> InferenceRequest | Invalid:
    return decode_message(message, model.inputs, model.outputs, rows_limit=3)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(typed(), id="typed"),
        pytest.param(typed(shape=(2, 1)), id="typed, two axes"),
        pytest.param(raw(), id="raw"),
        pytest.param(
            typed(seats=("UINT8", {"uint_contents": [100, 200]})), id="another type of numbers"
        ),
    ],
)
def test_contents_reach_the_engine(model: ServedModel, message: Any) -> None:
    request = decoded(model, message)

    assert isinstance(request, InferenceRequest)
    assert (request.rows, request.id) == (2, None)
    assert request.outputs == tuple(model.outputs.values())
    np.testing.assert_equal({k: v.tolist() for k, v in request.columns.items()}, COLUMNS)


def test_id_and_outputs_are_those_of_the_request(model: ServedModel) -> None:
    message = typed()
    message.id = "7"
    message.outputs.add(name="probability")

    request = decoded(model, message)

    assert isinstance(request, InferenceRequest)
    assert (request.id, [spec.name for spec in request.outputs]) == ("7", ["probability"])


@pytest.mark.parametrize(
    ("datatype", "field"),
    [
        ("INT8", "int_contents"),
        ("INT16", "int_contents"),
        ("INT32", "int_contents"),
        ("INT64", "int64_contents"),
        ("UINT8", "uint_contents"),
        ("UINT16", "uint_contents"),
        ("UINT32", "uint_contents"),
        ("UINT64", "uint64_contents"),
        ("FP32", "fp32_contents"),
        ("FP64", "fp64_contents"),
    ],
)
def test_matrix_of_every_datatype_of_numbers_is_the_columns_in_order(
    model: ServedModel, datatype: str, field: str
) -> None:
    manifest = model.manifest.model_copy(update={"inputs": model.manifest.inputs[:2]})
    numbers = replace(model, manifest=manifest, inputs=input_tensors(manifest))
    tensor = {"name": "x", "datatype": datatype, "shape": [2, 2]}
    message = ModelInferRequest(inputs=[{**tensor, "contents": {field: [1, 2, 3, 4]}}])

    request = decoded(numbers, message)

    assert isinstance(request, InferenceRequest)
    assert {name: values.tolist() for name, values in request.columns.items()} == {
        "delay": [1.0, 3.0],
        "seats": [2.0, 4.0],
    }


def no_more(message: Any, change: Callable[[Any], object]) -> Any:
    change(message)
    return message


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (
            typed(delay=("FP64", {"fp64_contents": [1.5]})),
            "Input 'delay': shape [2] takes 2 elements, but 'fp64_contents' has 1",
        ),
        (
            typed(delay=("FP64", {"fp32_contents": [1.5, 2]})),
            "Input 'delay': shape [2] takes 2 elements, but 'fp64_contents' has 0",
        ),
        (typed(shape=(10**9, 10**9)), "Input 'delay': shape [1000000000, 1000000000] takes "),
        (typed(shape=(-2,)), "Input 'delay': shape must be a list of one or two sizes"),
        (typed(shape=()), "Input 'delay': shape must be a list of one or two sizes"),
        (typed(shape=(1, 1, 2)), "Input 'delay': shape must be a list of one or two sizes"),
        (typed(delay=("FP16", {})), "Input 'delay': no typed contents of datatype 'FP16'"),
        (raw(delay=("FP65", b"")), "Input 'delay': no datatype 'FP65'"),
        (raw(delay=("FP64", b"123")), "Input 'delay': 2 elements of FP64 are 16 bytes, but there"),
        (
            raw(delay=("FP64", np.array([1, np.inf]).tobytes())),
            "Input 'delay': element 1 is infinite; NaN is missing",
        ),
        (
            typed(carrier=("BYTES", {"bytes_contents": [b"UA", b"\xff"]})),
            "Input 'carrier': BYTES takes text in UTF-8, but element 1 is none",
        ),
        (
            no_more(raw(), lambda message: message.raw_input_contents.pop()),
            "'raw_input_contents' has 3 entries for 4 inputs",
        ),
        (
            no_more(typed(), lambda message: message.inputs.pop()),
            "Missing inputs: 'carrier'",
        ),
        (
            no_more(typed(), lambda message: message.inputs.append(message.inputs[0])),
            "Input 'delay' is given twice",
        ),
        (typed(x=TYPED["delay"]), "No input 'x'; the model takes 'delay', "),
        (
            no_more(typed(), lambda message: message.outputs.add(name="x")),
            "No output 'x'; the model gives 'predict', 'probability'",
        ),
        (ModelInferRequest(), "Missing inputs: 'delay', 'seats', 'night', 'carrier'"),
    ],
)
def test_wrong_message_is_refused(model: ServedModel, message: Any, error: str) -> None:
    found = decoded(model, message)

    assert isinstance(found, Invalid)
    assert (found.status, found.message[: len(error)]) == (400, error)
