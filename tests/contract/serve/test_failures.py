"""A server that must not or cannot serve says why, where the kubelet and people look for it."""

import os
import signal
from typing import Any

import skops.io
from sklearn.svm import SVC

from tidewheel_contracts.job import ExitCode, Failure, FailureReason

BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
NOBODY = "http://127.0.0.1:1"


def with_endpoint(request: Any, endpoint: str) -> Any:
    """Return the request with another store."""
    spec = request.store.spec.model_copy(update={"endpoint": endpoint})
    return request.model_copy(update={"store": request.store.model_copy(update={"spec": spec})})


def test_one_damaged_byte_in_the_store_is_refused(
    start: Any, publish: Any, put: Any, s3: Any
) -> None:
    published = publish(BOOSTING)
    data = bytearray(s3.get_object(Bucket="bucket", Key=published.model_key)["Body"].read())
    data[len(data) // 2] ^= 1
    put(published.model_key, bytes(data))

    code, failure = start(published.request).failure()

    assert code == ExitCode.USER_ERROR
    assert failure.reason is FailureReason.ARTIFACT_DAMAGED
    assert failure.message.startswith(f"'{published.model_key}' has the SHA-256 ")


def test_type_off_the_list_is_refused(start: Any, publish: Any) -> None:
    data = skops.io.dumps(SVC().fit([[0.0], [1.0]], [0, 1]))

    code, failure = start(publish(BOOSTING, data=data).request).failure()

    assert (code, failure.reason) == (ExitCode.USER_ERROR, FailureReason.ARTIFACT_DAMAGED)
    assert "allow-list: sklearn.svm._classes.SVC" in failure.message


def test_store_that_never_answers_ends_the_patience(start: Any, boosting: Any) -> None:
    request = with_endpoint(boosting.request, NOBODY)

    assert start(request, "--store-patience-seconds", "0").failure() == (
        ExitCode.STORE_UNAVAILABLE,
        Failure(
            reason=FailureReason.STORE_UNAVAILABLE,
            message=f"The store at {NOBODY} does not answer: EndpointConnectionError",
        ),
    )


def test_store_that_does_not_answer_is_named_while_it_is_tried_again(
    start: Any, boosting: Any
) -> None:
    server = start(with_endpoint(boosting.request, NOBODY), "--drain-seconds", "0")
    server.wait_for("store unavailable")

    assert server.ask("GET", "/v2/health/live") == (200, {"live": True})
    status, document = server.ask("GET", "/v2/health/ready")
    assert (status, document["ready"]) == (503, False)
    assert document["error"].startswith(
        f"The store at {NOBODY} does not answer: EndpointConnectionError; the next try is in "
    )

    os.kill(server.process.pid, signal.SIGTERM)
    assert server.process.wait(timeout=60) == ExitCode.SUCCESS
