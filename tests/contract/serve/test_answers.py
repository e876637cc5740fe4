"""A real server answers over HTTP exactly what scikit-learn answers in the trainer."""

import http.client
import json
import socket
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from tidewheel_server.protocol.inference import infer

INFER = "/v2/models/flights/infer"


def test_large_batch_has_the_probabilities_of_scikit_learn(
    server: Any, boosting: Any, request_of: Any
) -> None:
    status, answer = server.ask("POST", INFER, request_of(boosting.table))

    assert (status, answer) == (
        200,
        {
            "model_name": "flights",
            "model_version": "2",
            "outputs": boosting.expected_outputs(boosting.table),
        },
    )


def test_single_rows_have_the_probabilities_of_scikit_learn(
    server: Any, boosting: Any, request_of: Any
) -> None:
    for index in range(20):
        row = boosting.table.slice(index, 1)
        status, answer = server.ask("POST", INFER, request_of(row))
        assert (status, answer["outputs"]) == (200, boosting.expected_outputs(row))


@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        ("sklearn.linear_model.LogisticRegression", "late"),
        ("sklearn.ensemble.RandomForestClassifier", "late"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", "word"),
        ("sklearn.linear_model.Ridge", "minutes"),
        ("sklearn.ensemble.HistGradientBoostingRegressor", "minutes"),
        ("xgboost.XGBClassifier", "late"),
        ("xgboost.XGBRFClassifier", "word"),
        ("lightgbm.LGBMClassifier", "word"),
        ("xgboost.XGBRegressor", "minutes"),
        ("lightgbm.LGBMRegressor", "minutes"),
    ],
)
def test_other_estimators_have_the_answers_of_scikit_learn(
    publish: Any, load: Any, request_of: Any, estimator: str, target: str
) -> None:
    published = publish(estimator, target=target)
    model = load(published.request)

    answer = json.loads(
        infer(model, json.dumps(request_of(published.table)).encode()).response.body
    )

    assert answer["outputs"] == published.expected_outputs(published.table)


@pytest.mark.parametrize("text", ["a new one", None])
def test_category_that_was_never_seen_is_answered_as_by_scikit_learn(
    server: Any, boosting: Any, request_of: Any, text: str | None
) -> None:
    row = boosting.table.slice(1, 1)
    index = row.column_names.index("carrier")
    changed = row.set_column(index, "carrier", pa.array([text], pa.string()))

    status, answer = server.ask("POST", INFER, request_of(changed))

    assert (status, answer["outputs"]) == (200, boosting.expected_outputs(changed))


def test_answers_are_those_of_the_registered_artifact(
    server: Any, boosting: Any, request_of: Any
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/v2/models/flights")
    answer = connection.getresponse()
    digest = boosting.request.artifact_digest

    assert json.loads(answer.read())["properties"]["artifact_digest"] == digest
    assert answer.headers["tidewheel-model-version"] == "2"
    assert answer.headers["tidewheel-artifact-digest"] == digest
    connection.close()


def next_document(received: BinaryIO) -> Any:
    """Return the body of the next answer on a connection."""
    assert received.readline() == b"HTTP/1.1 200 OK\r\n"
    headers = http.client.parse_headers(received)
    return json.loads(received.read(int(headers["content-length"])))


def test_pipelined_requests_in_small_pieces_are_answered_in_order(
    server: Any, boosting: Any, request_of: Any
) -> None:
    large = json.dumps({"id": "large", **request_of(boosting.table)}).encode()
    small = json.dumps({"id": "small", **request_of(boosting.table.slice(0, 1))}).encode()
    sent = b"".join(
        b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b"
        % (INFER.encode(), len(body), body)
        for body in (small, large, small, large)
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        for begin in range(0, len(sent), 1000):
            client.sendall(sent[begin : begin + 1000])
        with client.makefile("rb") as received:
            ids = [next_document(received)["id"] for _ in range(4)]

    assert ids == ["small", "large", "small", "large"]


def test_client_that_sends_too_much_reads_why(server: Any) -> None:
    assert server.ask("POST", INFER, {"padding": "x" * 8 * 1024 * 1024}) == (
        413,
        {"error": "The body must have at most 1048576 bytes"},
    )


def test_body_in_chunks_is_read(server: Any, boosting: Any, request_of: Any) -> None:
    body = json.dumps(request_of(boosting.table)).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", INFER, iter([body[:10], body[10:5000], body[5000:]]))

    assert connection.getresponse().status == 200
    connection.close()
