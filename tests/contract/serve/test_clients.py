"""Stock clients, unchanged and with their default settings, get the answers of scikit-learn."""

from typing import Any

import pyarrow as pa
import pytest
from tests.clients.environment import asked

NO_MODEL = "No model 'x' is here; the model is 'flights'"
NO_VERSION = "Model 'flights' has no version '3' here; the version is '2'"
MISSING = "Missing inputs: 'seats', 'night', 'carrier'"
INPUTS = [
    {"name": "delay", "datatype": "FP64", "shape": [-1]},
    {"name": "seats", "datatype": "INT64", "shape": [-1]},
    {"name": "night", "datatype": "BOOL", "shape": [-1]},
    {"name": "carrier", "datatype": "BYTES", "shape": [-1]},
]


@pytest.fixture(scope="module")
def clients_server(start: Any, boosting: Any) -> Any:
    server = start(boosting.request, "--grpc-port", "0")
    server.grpc_port = server.wait_for("listening for gRPC")["port"]
    server.wait_for("ready")
    return server


@pytest.fixture(scope="module")
def rows(boosting: Any) -> pa.Table:
    """Return rows without missing values, which not every client can say."""
    return (
        boosting.table.to_pandas(integer_object_nulls=True)
        .dropna()
        .pipe(
            lambda frame: pa.Table.from_pandas(
                frame, schema=boosting.table.schema, preserve_index=False
            )
        )
        .slice(0, 200)
    )


@pytest.fixture(scope="module")
def given(rows: pa.Table) -> dict[str, Any]:
    datatypes = ("FP64", "FP64", "BOOL", "BYTES")
    return {
        "columns": {
            name: [
                datatype,
                [float(v) if datatype == "FP64" else v for v in rows[name].to_pylist()],
            ]
            for name, datatype in zip(rows.column_names, datatypes, strict=True)
        }
    }


@pytest.fixture(scope="module")
def expected(boosting: Any, rows: pa.Table) -> dict[str, Any]:
    """Return the outputs as nested lists."""
    late, probability = (output["data"] for output in boosting.expected_outputs(rows))
    pairs = [list(pair) for pair in zip(probability[::2], probability[1::2], strict=True)]
    return {"predict": late, "probability": pairs}


def test_tritonclient_over_http(clients_server: Any, given: Any, expected: Any) -> None:
    address = f"127.0.0.1:{clients_server.port}"
    answers = asked("tritonclient", "ask_triton_http.py", address, "flights", given=given)

    assert answers.pop("server")["extensions"] == [
        "binary_tensor_data",
        "model_repository",
        "statistics",
    ]
    assert answers.pop("statistics") == [
        "batch_stats",
        "execution_count",
        "inference_count",
        "inference_stats",
        "last_inference",
        "name",
        "version",
    ]
    status, message = answers.pop("load")
    assert (status, message.startswith("A server serves the one version that")) == ("501", True)
    everything = {"version": "2", "id": None, "outputs": expected}
    probability = {**everything, "outputs": {"probability": expected["probability"]}}
    assert answers == {
        "live": True,
        "ready": True,
        "not ready": False,
        "inputs": INPUTS,
        "index": [{"name": "flights", "version": "2", "state": "READY", "reason": ""}],
        "default": everything,
        "version": {**everything, "id": "7"},
        "outputs": probability,
        "json": probability,
        "mixed": everything,
        "gzip": everything,
        "deflate": everything,
        "no model": ["404", NO_MODEL],
        "no version": ["404", NO_VERSION],
        "no input": ["400", MISSING],
        "classes": ["501", "Output 'predict': 'classification' is not supported"],
    }


def test_tritonclient_over_grpc(clients_server: Any, given: Any, expected: Any) -> None:
    address = f"127.0.0.1:{clients_server.grpc_port}"
    answers = asked("tritonclient", "ask_triton_grpc.py", address, "flights", given=given)

    everything = {"version": "2", "id": "", "outputs": expected}
    assert answers == {
        "live": True,
        "ready": True,
        "server": "tidewheel",
        # JSON of protobuf writes 64 bits as text.
        "inputs": [{**tensor, "shape": ["-1"]} for tensor in INPUTS],
        "default": everything,
        "version": {**everything, "id": "7"},
        "outputs": {**everything, "outputs": {"probability": expected["probability"]}},
        "gzip": everything,
        "no model": ["StatusCode.NOT_FOUND", NO_MODEL],
        "no version": ["StatusCode.NOT_FOUND", NO_VERSION],
        "no input": ["StatusCode.INVALID_ARGUMENT", MISSING],
    }


def test_inference_rest_client_of_kserve(clients_server: Any, given: Any, expected: Any) -> None:
    url = f"http://127.0.0.1:{clients_server.port}"
    answers = asked("kserve", "ask_kserve.py", url, "flights", given=given)

    everything = {"version": "2", "id": "7", "outputs": expected}
    predictions = {"predictions": expected["predict"]}
    assert answers == {
        "live": True,
        "ready": True,
        "v1 live": True,
        "v1 ready": True,
        "v1 rows": predictions,
        "v1 objects": predictions,
        "json": everything,
        "binary": everything,
        "explain": [
            501,
            {"error": "The server explains no predictions; the model's report does"},
        ],
    }


def test_codecs_of_mlserver(clients_server: Any, given: Any, expected: Any) -> None:
    url = f"http://127.0.0.1:{clients_server.port}/v2/models/flights"
    answers = asked("mlserver", "ask_mlserver.py", url, given=given)

    everything = {"version": "2", **expected}
    assert answers == {"frame": everything, "array": everything}
