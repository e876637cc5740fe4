"""The bucket of an ArtifactStore through boto3, with faults turned into reasons for people."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec, ChecksumMode
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, StoredObject

__all__ = ["S3Store"]

_CHECKSUMS = {
    ChecksumMode.WHEN_REQUIRED: "when_required",
    ChecksumMode.WHEN_SUPPORTED: "when_supported",
}
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_REFUSED = {
    "401",
    "403",
    "AccessDenied",
    "Forbidden",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
_TAKEN = {"412", "PreconditionFailed"}
# Amazon answers this when another conditional write of the same key is under way.
_CONFLICT = {"409", "ConditionalRequestConflict"}
_KEY_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class S3Store:
    """One bucket; the botocore client retries for about a minute before it gives up."""

    def __init__(self, spec: ArtifactStoreSpec, *, attempts: int = 6) -> None:
        """Open nothing yet: the first request connects.

        Raises:
            TrainerError: CredentialsRefused, when the environment holds no keys.
        """
        missing = [name for name in _KEY_VARIABLES if not os.environ.get(name)]
        if missing:
            raise TrainerError(
                FailureReason.CREDENTIALS_REFUSED,
                f"Secret {spec.secret_name!r} must have the key {missing[0]}",
            )
        self._spec = spec
        # One thread: transfers in parallel would need memory per thread.
        self._transfer = TransferConfig(use_threads=False)
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=spec.endpoint,
            region_name=spec.region,
            aws_access_key_id=os.environ[_KEY_VARIABLES[0]],
            aws_secret_access_key=os.environ[_KEY_VARIABLES[1]],
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": attempts},
                s3={"addressing_style": "path"},
                signature_version="s3v4",
                request_checksum_calculation=_CHECKSUMS[spec.checksum_mode],
                response_checksum_validation=_CHECKSUMS[spec.checksum_mode],
            ),
        )

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose keys begin with `prefix`, page by page."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._faults_explained(prefix):
            for page in pages.paginate(Bucket=self._spec.bucket, Prefix=prefix):
                for entry in page.get("Contents", ()):
                    etag = entry["ETag"].strip('"')
                    yield StoredObject(key=entry["Key"], size_bytes=entry["Size"], etag=etag)

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        try:
            with self._faults_explained(key):
                self._client.head_object(Bucket=self._spec.bucket, Key=key)
        except ObjectMissingError:
            return False
        return True

    def get(self, key: str) -> bytes:
        """Return an object's bytes, or raise ObjectMissingError."""
        with self._faults_explained(key):
            answer = self._client.get_object(Bucket=self._spec.bucket, Key=key)
            data: bytes = answer["Body"].read()
            return data

    def get_to_file(self, key: str, path: Path) -> None:
        """Write an object's bytes to a file in bounded memory, or raise ObjectMissingError."""
        with self._faults_explained(key):
            self._client.download_file(self._spec.bucket, key, str(path), Config=self._transfer)

    def put(self, key: str, data: bytes) -> None:
        """Write an object, whatever was there."""
        with self._faults_explained(key):
            self._client.put_object(Bucket=self._spec.bucket, Key=key, Body=data)

    def put_if_absent(self, key: str, data: bytes | Path) -> bool:
        """Write an object unless the key is there; say whether it was written."""
        with self._faults_explained(key):
            try:
                if isinstance(data, bytes):
                    self._put_new(key, data)
                else:
                    with data.open("rb") as body:
                        self._put_new(key, body)
            except ClientError as error:
                if _code(error) in _TAKEN:
                    return False
                if _code(error) in _CONFLICT and self.has(key):
                    return False
                raise
        return True

    def _put_new(self, key: str, body: Any) -> None:  # noqa: ANN401  bytes or an open file
        self._client.put_object(Bucket=self._spec.bucket, Key=key, Body=body, IfNoneMatch="*")

    @contextmanager
    def _faults_explained(self, key: str) -> Iterator[None]:
        """Turn what boto3 raises into ObjectMissingError or TrainerError."""
        try:
            yield
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise ObjectMissingError(key) from error
            raise self._explained(error, key) from error
        except (BotoCoreError, Boto3Error) as error:
            raise TrainerError(
                FailureReason.STORE_UNAVAILABLE,
                f"the store {self._spec.endpoint} does not answer: {type(error).__name__} for key "
                f"{key!r}; check the ArtifactStore's endpoint and that the store runs",
            ) from error

    def _explained(self, error: ClientError, key: str) -> TrainerError:
        code = _code(error)
        spec = self._spec
        if code == "NoSuchBucket":
            return TrainerError(
                FailureReason.BUCKET_MISSING,
                f"the store {spec.endpoint} has no bucket {spec.bucket!r}; create it or correct "
                "the ArtifactStore's bucket",
            )
        if code in _REFUSED:
            return TrainerError(
                FailureReason.CREDENTIALS_REFUSED,
                f"the store {spec.endpoint} refused the keys of Secret {spec.secret_name!r} for "
                f"{key!r} in bucket {spec.bucket!r} ({code}); check the Secret and the key's "
                "rights to list, read and write",
            )
        return TrainerError(
            FailureReason.STORE_UNAVAILABLE,
            f"the store {spec.endpoint} answered {code} for key {key!r}; if that lasts, check the "
            "ArtifactStore's endpoint, region and checksumMode, and that the store knows "
            "`If-None-Match`",
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
