"""A real server answers over gRPC what it answers over HTTP, refuses alike, and drains."""

import signal
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest

from tidewheel_server.grpc_protocol.schema import HEALTH, INFERENCE, REFLECTION, message_class
from tidewheel_server.protocol.binary_data import bytes_of

LOCALHOST = "127.0.0.1"
INFER = f"/{INFERENCE}/ModelInfer"


@pytest.fixture(scope="module")
def grpc_server(start: Any, boosting: Any) -> Any:
    """Return a ready server with gRPC on the port `grpc_port`."""
    return with_grpc(start, boosting)


@pytest.fixture
def channel(grpc_server: Any) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"{LOCALHOST}:{grpc_server.grpc_port}") as channel:
        yield channel


def with_grpc(start: Any, published: Any, *flags: str) -> Any:
    limits = ("--body-limit-bytes", str(1024 * 1024))
    server = start(published.request, "--grpc-port", "0", *limits, *flags)
    server.grpc_port = server.wait_for("listening for gRPC")["port"]
    server.wait_for("ready")
    return server


def call(channel: grpc.Channel, name: str, /, **fields: Any) -> Any:
    """Return the response of one of the protocol's calls."""
    return channel.unary_unary(
        f"/{INFERENCE}/{name}",
        request_serializer=message_class(f"inference.{name}Request").SerializeToString,
        response_deserializer=message_class(f"inference.{name}Response").FromString,
    )(message_class(f"inference.{name}Request")(**fields), timeout=60)


def refusal(channel: grpc.Channel, name: str, /, **fields: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(channel, name, **fields)
    error: Any = caught.value
    return error.code(), error.details()


def raw_request(inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a raw request for rows without missing booleans and texts."""
    contents = []
    for tensor in inputs:
        values = [np.nan if value is None else value for value in tensor["data"]]
        numbers = np.array(values, object if tensor["datatype"] == "BYTES" else np.float64)
        tensor["datatype"] = "FP64" if tensor["datatype"] == "INT64" else tensor["datatype"]
        contents.append(bytes_of(numbers, tensor["datatype"]))
    described = [{key: tensor[key] for key in ("name", "datatype", "shape")} for tensor in inputs]
    return {"model_name": "flights", "inputs": described, "raw_input_contents": contents}


@pytest.fixture
def whole_rows(boosting: Any) -> Any:
    """Return the rows without missing booleans and texts, which have no binary form."""
    mask = [
        night is not None and carrier is not None
        for night, carrier in zip(
            boosting.table["night"].to_pylist(), boosting.table["carrier"].to_pylist(), strict=True
        )
    ]
    return boosting.table.filter(mask)


@pytest.mark.parametrize("rows", [1, 300])
def test_answer_is_that_of_scikit_learn(
    channel: grpc.Channel, boosting: Any, whole_rows: Any, request_of: Any, rows: int
) -> None:
    table = whole_rows.slice(0, rows)
    fields = raw_request(request_of(table)["inputs"])

    answer = call(channel, "ModelInfer", id="7", **fields)

    late, probability = boosting.expected_outputs(table)
    assert (answer.model_name, answer.model_version, answer.id) == ("flights", "2", "7")
    assert [(out.name, out.datatype, list(out.shape)) for out in answer.outputs] == [
        ("predict", "BOOL", [rows]),
        ("probability", "FP64", [rows, 2]),
    ]
    assert np.frombuffer(answer.raw_output_contents[0], np.bool_).tolist() == late["data"]
    assert np.frombuffer(answer.raw_output_contents[1]).tolist() == probability["data"]


def test_typed_request_has_a_typed_answer(
    channel: grpc.Channel, boosting: Any, whole_rows: Any
) -> None:
    table = whole_rows.slice(3, 1)
    row = {name: table[name].to_pylist() for name in table.column_names}
    fields = {
        "delay": ("FP64", "fp64_contents"),
        "seats": ("FP64", "fp64_contents"),
        "night": ("BOOL", "bool_contents"),
        "carrier": ("BYTES", "bytes_contents"),
    }
    row["carrier"] = [text.encode() for text in row["carrier"]]
    inputs = [
        {"name": name, "datatype": datatype, "shape": [1], "contents": {field: row[name]}}
        for name, (datatype, field) in fields.items()
    ]

    answer = call(channel, "ModelInfer", model_name="flights", model_version="2", inputs=inputs)

    late, probability = boosting.expected_outputs(table)
    assert list(answer.outputs[0].contents.bool_contents) == late["data"]
    assert list(answer.outputs[1].contents.fp64_contents) == probability["data"]
    assert not answer.raw_output_contents


def test_server_and_model_describe_themselves(channel: grpc.Channel) -> None:
    assert call(channel, "ServerLive").live
    assert call(channel, "ServerReady").ready
    assert call(channel, "ModelReady", name="flights").ready
    assert call(channel, "ServerMetadata").name == "tidewheel"
    metadata = call(channel, "ModelMetadata", name="flights", version="2")
    assert (metadata.name, list(metadata.versions)) == ("flights", ["2"])
    tensors = [(t.name, t.datatype, list(t.shape)) for t in (*metadata.inputs, *metadata.outputs)]
    assert tensors == [
        ("delay", "FP64", [-1]),
        ("seats", "INT64", [-1]),
        ("night", "BOOL", [-1]),
        ("carrier", "BYTES", [-1]),
        ("predict", "BOOL", [-1]),
        ("probability", "FP64", [-1, 2]),
    ]


NO_MODEL = (grpc.StatusCode.NOT_FOUND, "No model 'x' is here; the model is 'flights'")
NO_VERSION = (
    grpc.StatusCode.NOT_FOUND,
    "Model 'flights' has no version '3' here; the version is '2'",
)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("ModelReady", {"name": "x"}, NO_MODEL),
        ("ModelMetadata", {"name": "x"}, NO_MODEL),
        ("ModelInfer", {"model_name": "x"}, NO_MODEL),
        ("ModelReady", {"name": "flights", "version": "3"}, NO_VERSION),
        ("ModelInfer", {"model_name": "flights", "model_version": "3"}, NO_VERSION),
        (
            "ModelInfer",
            {"model_name": "flights"},
            (
                grpc.StatusCode.INVALID_ARGUMENT,
                "Missing inputs: 'delay', 'seats', 'night', 'carrier'",
            ),
        ),
        (
            "ModelInfer",
            {"model_name": "flights", "raw_input_contents": [b"x" * 900_000]},
            (
                grpc.StatusCode.INVALID_ARGUMENT,
                "'raw_input_contents' has 1 entries for 0 inputs",
            ),
        ),
    ],
)
def test_refusal_has_a_status_and_a_reason(
    channel: grpc.Channel, name: str, fields: dict[str, Any], expected: tuple[Any, str]
) -> None:
    assert refusal(channel, name, **fields) == expected


def test_too_large_message_is_refused(channel: grpc.Channel) -> None:
    code, _ = refusal(channel, "ModelInfer", raw_input_contents=[b"x" * 1024 * 1024])

    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_bytes_that_are_no_message_are_refused(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(INFER)(b"\xff\xff\xff", timeout=60)

    error: Any = caught.value
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details().startswith("The message is no ModelInferRequest: ")
    trailers = dict(error.trailing_metadata())
    assert trailers["tidewheel-model-version"] == "2"


def test_trailers_name_version_and_artifact(
    channel: grpc.Channel, boosting: Any, whole_rows: Any, request_of: Any
) -> None:
    message_type = message_class("inference.ModelInferRequest")
    fields = raw_request(request_of(whole_rows.slice(0, 1))["inputs"])
    _, answered = channel.unary_unary(INFER).with_call(
        message_type(**fields).SerializeToString(), timeout=60
    )

    trailers = dict(answered.trailing_metadata())
    assert trailers["tidewheel-model-version"] == "2"
    assert trailers["tidewheel-artifact-digest"] == boosting.request.artifact_digest


@pytest.mark.parametrize("service", ["", INFERENCE])
def test_health_check_is_answered(channel: grpc.Channel, service: str) -> None:
    asked = message_class("grpc.health.v1.HealthCheckRequest")(service=service)
    answer = channel.unary_unary(f"/{HEALTH}/Check")(asked.SerializeToString(), timeout=60)

    status: Any = message_class("grpc.health.v1.HealthCheckResponse").FromString(answer)
    assert status.status == 1


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_tells_the_services_and_their_files(channel: grpc.Channel, version: str) -> None:
    package = f"grpc.reflection.{version}"
    request_type: Any = message_class(f"{package}.ServerReflectionRequest")
    questions = [
        request_type(list_services=""),
        request_type(file_containing_symbol=INFERENCE),
        request_type(file_by_filename="open_inference_grpc.proto"),
        request_type(file_by_filename="x.proto"),
        request_type(all_extension_numbers_of_type="x"),
    ]
    answers: list[Any] = list(
        channel.stream_stream(
            f"/{package}.ServerReflection/ServerReflectionInfo",
            request_serializer=request_type.SerializeToString,
            response_deserializer=message_class(f"{package}.ServerReflectionResponse").FromString,
        )(iter(questions), timeout=60)
    )

    names = [service.name for service in answers[0].list_services_response.service]
    assert {HEALTH, INFERENCE, REFLECTION} <= set(names)
    files = [list(answer.file_descriptor_response.file_descriptor_proto) for answer in answers[1:3]]
    assert files[0] == files[1]
    assert b"GRPCInferenceService" in files[0][0]
    assert [answer.error_response.error_code for answer in answers[3:]] == [5, 12]


def test_no_call_fails_while_the_server_drains(
    start: Any, boosting: Any, whole_rows: Any, request_of: Any
) -> None:
    server = with_grpc(start, boosting, "--drain-seconds", "1")
    fields = raw_request(request_of(whole_rows.slice(0, 1))["inputs"])
    ready, answered, ended = [], [], threading.Event()

    def ask() -> None:
        with grpc.insecure_channel(f"{LOCALHOST}:{server.grpc_port}") as channel:
            while not ended.is_set():
                answered.append(call(channel, "ModelInfer", **fields).model_version)
                ready.append(call(channel, "ServerReady").ready)
                if not ready[-1]:
                    ended.set()

    client = threading.Thread(target=ask)
    client.start()
    server.process.send_signal(signal.SIGTERM)
    client.join(30)

    assert (ended.is_set(), ready[-1], set(answered)) == (True, False, {"2"})
    assert server.process.wait(30) == 0


def test_server_without_grpc_does_not_load_it(start: Any, boosting: Any) -> None:
    server = start(boosting.request)
    server.wait_for("ready")

    with open(f"/proc/{server.process.pid}/maps") as maps:  # noqa: PTH123  no real file
        assert "grpc" not in maps.read()
