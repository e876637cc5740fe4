"""Binary tensors: every datatype comes back as it went, and lying sizes are refused."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.binary_data import array_of, bytes_of
from tidewheel_server.protocol.datatypes import NUMPY_TYPES
from tidewheel_server.protocol.inference import infer
from tidewheel_server.protocol.invalid import Invalid

Tensor = dict[str, Any]
NUMBERS = [name for name in NUMPY_TYPES if name != "BOOL"]


def packed(document: dict[str, Any], *parts: bytes) -> tuple[bytes, bytes]:
    """Return body and Inference-Header-Content-Length."""
    head = json.dumps(document).encode()
    return b"".join((head, *parts)), str(len(head)).encode()


def text(*elements: bytes) -> bytes:
    return b"".join(len(element).to_bytes(4, "little") + element for element in elements)


def tensor(name: str, datatype: str, shape: Sequence[int], data: bytes) -> tuple[Tensor, bytes]:
    parameters = {"binary_data_size": len(data)}
    named = {"name": name, "datatype": datatype, "shape": list(shape), "parameters": parameters}
    return named, data


def binary_row(**replaced: tuple[Tensor, bytes]) -> list[tuple[Tensor, bytes]]:
    """Return the tensors of a valid two-row request, with some replaced."""
    delays, seats = np.array([1.5, -2]).tobytes(), np.array([100, 200]).tobytes()
    valid = {
        "delay": tensor("delay", "FP64", [2], delays),
        "seats": tensor("seats", "INT64", [2], seats),
        "night": tensor("night", "BOOL", [2], b"\x01\x00"),
        "carrier": tensor("carrier", "BYTES", [2], text(b"UA", "Ü".encode())),
    }
    return list((valid | replaced).values())


def asked(
    model: ServedModel, tensors: list[tuple[Tensor, bytes]], **extra: object
) -> tuple[int, Any]:
    document = {"inputs": [named for named, _ in tensors], **extra}
    body, length = packed(document, *(data for _, data in tensors))
    response = infer(model, body, json_length=length).response
    return response.status, orjson.loads(response.body)


@pytest.mark.parametrize("datatype", NUMBERS)
@given(data=st.data())
def test_numbers_come_back_bit_for_bit(datatype: str, data: st.DataObject) -> None:
    values = data.draw(st_numpy.arrays(NUMPY_TYPES[datatype], st.integers(0, 20)))

    raw = bytes_of(values, datatype)
    again = array_of(memoryview(raw), datatype, len(values))

    assert not isinstance(again, Invalid)
    assert raw == again.tobytes() == values.tobytes()


@given(st.lists(st.booleans()))
def test_booleans_come_back(values: list[bool]) -> None:
    raw = bytes_of(np.array(values, dtype=np.bool_), "BOOL")
    again = array_of(memoryview(raw), "BOOL", len(values))

    assert not isinstance(again, Invalid)
    assert (len(raw), again.tolist()) == (len(values), values)


@given(st.lists(st.text()))
def test_texts_come_back(values: list[str]) -> None:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    again = array_of(memoryview(bytes_of(column, "BYTES")), "BYTES", len(values))

    assert not isinstance(again, Invalid)
    assert again.tolist() == values


@given(st.binary(max_size=100), st.sampled_from([*NUMPY_TYPES, "BYTES"]), st.integers(0, 30))
def test_any_bytes_are_values_or_a_sentence(data: bytes, datatype: str, elements: int) -> None:
    found = array_of(memoryview(data), datatype, elements)

    assert found.message if isinstance(found, Invalid) else len(found) == elements


def test_binary_request_has_the_answer_of_the_same_in_json(model: ServedModel, engine: Any) -> None:
    status, answer = asked(model, binary_row(), id="a")

    assert (status, answer["id"], answer["outputs"][0]["data"]) == (200, "a", ["late", "on time"])
    columns = engine.asked[0]
    assert [columns[name].tolist() for name in columns] == [
        [1.5, -2.0],
        [100.0, 200.0],
        [1.0, 0.0],
        ["UA", "Ü"],
    ]


@pytest.mark.parametrize("datatype", NUMBERS)
def test_column_of_numbers_takes_every_datatype_of_numbers(
    model: ServedModel, engine: Any, datatype: str
) -> None:
    delays = np.array([3, 7], NUMPY_TYPES[datatype]).tobytes()

    status, _ = asked(model, binary_row(delay=tensor("delay", datatype, [2, 1], delays)))

    assert status == 200
    assert engine.asked[0]["delay"].tolist() == [3.0, 7.0]
    assert engine.asked[0]["delay"].dtype == np.float64


def test_nan_is_a_missing_value(model: ServedModel, engine: Any) -> None:
    seats = np.array([np.nan, 5], np.float32).tobytes()

    status, _ = asked(model, binary_row(seats=tensor("seats", "FP32", [2], seats)))

    assert status == 200
    np.testing.assert_array_equal(engine.asked[0]["seats"], [np.nan, 5])


def test_binary_and_json_tensors_mix(model: ServedModel, engine: Any) -> None:
    as_json = {"name": "carrier", "datatype": "BYTES", "shape": [2], "data": ["UA", None]}

    status, _ = asked(model, binary_row(carrier=(as_json, b"")))

    assert status == 200
    assert engine.asked[0]["carrier"].tolist() == ["UA", None]


@pytest.mark.parametrize(
    ("replaced", "error"),
    [
        (
            tensor("delay", "FP64", [2], b"1234567"),
            "2 elements of FP64 are 16 bytes, but there are 7",
        ),
        (tensor("delay", "FP64", [10**15], b"12345678"), "1000000000000000 elements of FP64 are "),
        (tensor("delay", "BOOL", [2], b"\x00\x01"), "datatype must be FP64, not 'BOOL'"),
        (tensor("delay", "COMPLEX", [2], b""), "no datatype 'COMPLEX'"),
        (tensor("delay", "FP64", [1, 1, 2], b""), "shape must be a list of one or two sizes"),
        (tensor("delay", "FP32", [1, 2], bytes(8)), "shape must be [n] or [n, 1]"),
        (
            tensor("delay", "FP64", [2], np.array([1, np.inf]).tobytes()),
            "element 1 is infinite; NaN is missing",
        ),
    ],
)
def test_wrong_numbers_are_refused(
    model: ServedModel, replaced: tuple[Tensor, bytes], error: str
) -> None:
    status, answer = asked(model, binary_row(delay=replaced))

    assert (status, answer["error"][: len(error) + 15]) == (400, f"Input 'delay': {error}")


@pytest.mark.parametrize(
    ("name", "replaced", "error"),
    [
        ("night", tensor("night", "BOOL", [2], b"\x00\x02"), "BOOL takes the bytes 0 and 1"),
        (
            "seats",
            tensor("seats", "UINT64", [1], b"\xff" * 8),
            "INT64 takes whole numbers of 64 bits or null",
        ),
        (
            "carrier",
            tensor("carrier", "BYTES", [2], text(b"UA", b"\xff")),
            "BYTES takes text in UTF-8, but element 1 is none",
        ),
        (
            "carrier",
            tensor("carrier", "BYTES", [2], text(b"UA") + b"\xff\xff\xff\xff"),
            "the bytes end inside element 1",
        ),
        (
            "carrier",
            tensor("carrier", "BYTES", [2], text(b"a" * 8)),
            "the bytes end before the length of element 1",
        ),
        (
            "carrier",
            tensor("carrier", "BYTES", [1], text(b"", b"")),
            "4 bytes are left after 1 elements",
        ),
        (
            "carrier",
            tensor("carrier", "BYTES", [10**15], text(b"", b"")),
            "8 bytes are too few for 1000000000000000 elements of BYTES",
        ),
    ],
)
def test_wrong_bytes_are_refused(
    model: ServedModel, name: str, replaced: tuple[Tensor, bytes], error: str
) -> None:
    assert asked(model, binary_row(**{name: replaced})) == (
        400,
        {"error": f"Input {name!r}: {error}"},
    )


@pytest.mark.parametrize("size", [-1, 17, 2**63, 1.5, True, "16", None])
def test_lying_sizes_are_refused(model: ServedModel, size: object) -> None:
    named, data = tensor("delay", "FP64", [2], bytes(16))

    status, answer = asked(model, [(named | {"parameters": {"binary_data_size": size}}, data)])

    assert (status, answer) == (
        400,
        {"error": f"Input 'delay': binary_data_size is {size!r}, but 16 bytes are left for it"},
    )


def test_bytes_that_belong_to_nobody_are_refused(model: ServedModel) -> None:
    assert asked(model, [*binary_row(), ({"name": "x"}, b"123")]) == (
        400,
        {"error": "3 bytes of the body belong to no input's binary_data_size"},
    )


def test_data_in_both_places_is_refused(model: ServedModel) -> None:
    named, data = tensor("delay", "FP64", [2], bytes(16))

    assert asked(model, binary_row(delay=(named | {"data": [1, 2]}, data))) == (
        400,
        {"error": "Input 'delay': either data or binary_data_size, not both"},
    )


@pytest.mark.parametrize(
    ("length", "error"),
    [
        (b"3", "Inference-Header-Content-Length is 3, but the body has 2 bytes"),
        (b"-1", "Inference-Header-Content-Length must be a number of bytes"),
        (b"1, 1", "Inference-Header-Content-Length must be a number of bytes"),
        (b"9" * 5000, "Inference-Header-Content-Length must be a number of bytes"),
        (
            b"0",
            "A body of one raw tensor is for models of one input, and this one takes 4: "
            "Inference-Header-Content-Length must not be 0",
        ),
    ],
)
def test_lying_header_is_refused(model: ServedModel, length: bytes, error: str) -> None:
    response = infer(model, b"{}", json_length=length).response

    assert (response.status, orjson.loads(response.body)) == (400, {"error": error})


LATE = text(b"late", b"on time")
PROBABILITY = np.array([0.125, 0.875, 0.875, 0.125]).tobytes()


@pytest.mark.parametrize(
    ("extra", "sizes", "tail"),
    [
        pytest.param(
            {"parameters": {"binary_data_output": True}},
            [len(LATE), len(PROBABILITY)],
            LATE + PROBABILITY,
            id="all",
        ),
        pytest.param(
            {
                "parameters": {"binary_data_output": True},
                "outputs": [
                    {"name": "probability"},
                    {"name": "predict", "parameters": {"binary_data": False}},
                ],
            },
            [len(PROBABILITY), None],
            PROBABILITY,
            id="what an output says wins",
        ),
        pytest.param(
            {"outputs": [{"name": "probability", "parameters": {"binary_data": True}}]},
            [len(PROBABILITY)],
            PROBABILITY,
            id="one alone",
        ),
    ],
)
def test_outputs_are_binary_as_asked(
    model: ServedModel, tensors: Any, extra: dict[str, Any], sizes: list[int | None], tail: bytes
) -> None:
    response = infer(model, orjson.dumps({"inputs": tensors(), **extra})).response

    lines = dict(line.split(b": ") for line in response.header_lines.split(b"\r\n") if line)
    length = int(lines[b"inference-header-content-length"])
    outputs = orjson.loads(response.body[:length])["outputs"]
    assert (response.status, response.content_type) == (200, b"application/octet-stream")
    assert [output.get("parameters", {}).get("binary_data_size") for output in outputs] == sizes
    assert ["data" in output for output in outputs] == [size is None for size in sizes]
    assert response.body[length:] == tail


@pytest.mark.parametrize("extension", ["classification", "shared_memory_region"])
def test_extension_that_would_change_the_answer_is_refused(
    model: ServedModel, extension: str
) -> None:
    output = {"name": "predict", "parameters": {extension: "x"}}

    assert asked(model, binary_row(), outputs=[output]) == (
        501,
        {"error": f"Output 'predict': '{extension}' is not supported"},
    )
