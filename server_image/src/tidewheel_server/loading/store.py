"""The one thing a server asks of the artifact store: the bytes of an object, up to a limit.

This is the server's only outgoing request, and it is made at start only.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import boto3
import botocore.config
import botocore.exceptions

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec, ChecksumMode
from tidewheel_contracts.job import FailureReason
from tidewheel_server.errors import LoadError, ObjectMissingError, StoreUnavailableError

__all__ = ["ObjectStore", "S3Store"]

_KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_CHECKSUM_MODES = {
    ChecksumMode.WHEN_REQUIRED: "when_required",
    ChecksumMode.WHEN_SUPPORTED: "when_supported",
}


class ObjectStore(Protocol):
    """Where the loader reads from."""

    def get(self, key: str, limit_bytes: int) -> bytes:
        """Return the bytes of an object.

        Raises:
            StoreUnavailableError: another try may succeed.
            ObjectMissingError: there is no such object.
            LoadError: the object is larger than the limit, or the store refuses us.
        """


class S3Store:
    """An S3-compatible bucket, opened with the keys of the mounted Secret."""

    def __init__(self, spec: ArtifactStoreSpec, environment: Mapping[str, str]) -> None:
        """Connect to nothing yet.

        Raises:
            LoadError: there are no keys; boto3 would go and ask the cloud's metadata service.
        """
        for name in _KEY_VARIABLES:
            if not environment.get(name):
                raise LoadError(
                    FailureReason.CREDENTIALS_REFUSED,
                    f"The Secret '{spec.secret_name}' must have the key {name}",
                )
        self._bucket = spec.bucket
        self._endpoint = spec.endpoint
        self._client = boto3.client(
            "s3",
            endpoint_url=spec.endpoint,
            region_name=spec.region,
            aws_access_key_id=environment[_KEY_VARIABLES[0]],
            aws_secret_access_key=environment[_KEY_VARIABLES[1]],
            config=botocore.config.Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": 1},  # the start-up retries, and says so
                s3={"addressing_style": "path"},  # one endpoint, no DNS name per bucket
                request_checksum_calculation=_CHECKSUM_MODES[spec.checksum_mode],
                response_checksum_validation=_CHECKSUM_MODES[spec.checksum_mode],
            ),
        )

    def get(self, key: str, limit_bytes: int) -> bytes:
        """Return the bytes of an object; see `ObjectStore.get`."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            if answer["ContentLength"] > limit_bytes:
                answer["Body"].close()
                raise LoadError(
                    FailureReason.ARTIFACT_DAMAGED,
                    f"'{key}' in bucket '{self._bucket}' has {answer['ContentLength']} bytes, "
                    f"but at most {limit_bytes} are expected",
                )
            data: bytes = answer["Body"].read()
        except botocore.exceptions.ClientError as error:
            raise self._refusal(error, key) from error
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            raise StoreUnavailableError(
                f"The store at {self._endpoint} does not answer: {type(error).__name__}"
            ) from error
        return data

    def _refusal(self, error: botocore.exceptions.ClientError, key: str) -> LoadError:
        details: dict[str, Any] = error.response
        code = str(details.get("Error", {}).get("Code", "unknown"))
        status = details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "NoSuchBucket":
            return LoadError(
                FailureReason.BUCKET_MISSING,
                f"The store at {self._endpoint} has no bucket '{self._bucket}'",
            )
        if status == 404:
            return ObjectMissingError(f"'{key}' is not in bucket '{self._bucket}'")
        if status in (401, 403):
            return LoadError(
                FailureReason.CREDENTIALS_REFUSED,
                f"The store at {self._endpoint} refuses to read '{key}': {code}",
            )
        return StoreUnavailableError(f"The store at {self._endpoint} answers {status} {code}")
