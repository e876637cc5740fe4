"""The server's store against a real one: what it reads, and how each refusal is told."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.job import FailureReason
from tidewheel_server.errors import LoadError, StoreUnavailableError
from tidewheel_server.loading.store import S3Store

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="session")
def spec(s3_endpoint: str, put: Any) -> ArtifactStoreSpec:
    put("folder/five bytes", b"hello")
    return ArtifactStoreSpec(endpoint=s3_endpoint, bucket="bucket", secret_name="s3")


def refusal(
    spec: ArtifactStoreSpec, keys: dict[str, str], key: str, limit_bytes: int = 5
) -> LoadError:
    with pytest.raises(LoadError) as raised:
        S3Store(spec, keys).get(key, limit_bytes)
    return raised.value


def test_object_within_the_limit_is_read(spec: ArtifactStoreSpec) -> None:
    assert S3Store(spec, KEYS).get("folder/five bytes", 5) == b"hello"


def test_larger_object_is_not_read(spec: ArtifactStoreSpec) -> None:
    failure = refusal(spec, KEYS, "folder/five bytes", limit_bytes=4).failure

    assert (failure.reason, failure.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        "'folder/five bytes' in bucket 'bucket' has 5 bytes, but at most 4 are expected",
    )


@pytest.mark.parametrize(
    ("changed", "keys", "reason", "message"),
    [
        pytest.param(
            {},
            {"AWS_SECRET_ACCESS_KEY": "wrong"},
            FailureReason.CREDENTIALS_REFUSED,
            "The store at {endpoint} refuses to read 'nothing': SignatureDoesNotMatch",
            id="wrong secret",
        ),
        pytest.param(
            {},
            {"AWS_ACCESS_KEY_ID": "nobody"},
            FailureReason.CREDENTIALS_REFUSED,
            "The store at {endpoint} refuses to read 'nothing': InvalidAccessKeyId",
            id="unknown key",
        ),
        pytest.param(
            {},
            {"AWS_SECRET_ACCESS_KEY": ""},
            FailureReason.CREDENTIALS_REFUSED,
            "The Secret 's3' must have the key AWS_SECRET_ACCESS_KEY",
            id="no secret",
        ),
        pytest.param(
            {"bucket": "nowhere"},
            {},
            FailureReason.BUCKET_MISSING,
            "The store at {endpoint} has no bucket 'nowhere'",
            id="no bucket",
        ),
        pytest.param(
            {},
            {},
            FailureReason.ARTIFACT_DAMAGED,
            "'nothing' is not in bucket 'bucket'",
            id="no object",
        ),
    ],
)
def test_permanent_refusal_is_told(
    spec: ArtifactStoreSpec,
    changed: dict[str, str],
    keys: dict[str, str],
    reason: FailureReason,
    message: str,
) -> None:
    error = refusal(spec.model_copy(update=changed), {**KEYS, **keys}, "nothing")

    assert not isinstance(error, StoreUnavailableError)
    assert (error.failure.reason, error.failure.message) == (
        reason,
        message.format(endpoint=spec.endpoint),
    )


def test_store_that_is_not_there_may_come_back(spec: ArtifactStoreSpec) -> None:
    error = refusal(spec.model_copy(update={"endpoint": "http://127.0.0.1:1"}), KEYS, "nothing")

    assert isinstance(error, StoreUnavailableError)
    assert str(error) == (
        "The store at http://127.0.0.1:1 does not answer: EndpointConnectionError"
    )
