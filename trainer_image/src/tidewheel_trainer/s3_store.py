"""The bucket of an ArtifactStore or a source through boto3, with faults in words for people."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_trainer.egress.guard import Guard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_client import KEY_NAMES, s3_client
from tidewheel_trainer.s3_download import download
from tidewheel_trainer.s3_faults import (
    ABSENT,
    CONFLICT,
    STORE,
    TAKEN,
    Role,
    code_of,
    explained,
    unanswered,
)
from tidewheel_trainer.store import ObjectChangedError, ObjectMissingError, StoredObject

__all__ = ["S3Store"]


class S3Store:
    """One bucket; the botocore client retries for about a minute before it gives up."""

    def __init__(
        self,
        spec: ArtifactStoreSpec,
        keys: Mapping[str, str] = os.environ,
        *,
        role: Role = STORE,
        guard: Guard | None = None,
        attempts: int = 6,
    ) -> None:
        """Open nothing yet: the first request connects.

        Args:
            spec: where the bucket is.
            keys: has the values of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
            role: what the bucket is to us, for reasons and words of faults.
            guard: asked about every host before it is connected to; None trusts the endpoint.
            attempts: how often a request is tried.

        Raises:
            TrainerError: CredentialsRefused or SourceRefused, when `keys` lacks one.
        """
        missing = [name for name in KEY_NAMES if not keys.get(name)]
        if missing:
            raise TrainerError(
                role.refused, f"Secret {spec.secret_name!r} must have the key {missing[0]}"
            )
        self._spec = spec
        self._role = role
        self._attempts = attempts
        self._client = s3_client(spec, keys, guard, attempts)

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

    def get_to_file(self, key: str, path: Path, etag: str | None = None) -> None:
        """Write an object's bytes to a file in bounded memory, or raise ObjectMissingError.

        With `etag`, raise ObjectChangedError when the object has another one by now.
        """
        bucket, attempts = self._spec.bucket, self._attempts
        with self._faults_explained(key):
            try:
                download(self._client, bucket, key, path, etag=etag, attempts=attempts)
            except ClientError as error:
                if code_of(error) in TAKEN:
                    raise ObjectChangedError(key) from error
                raise

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
                if code_of(error) in TAKEN:
                    return False
                if code_of(error) in CONFLICT and self.has(key):
                    return False
                raise
        return True

    def _put_new(self, key: str, body: Any) -> None:  # noqa: ANN401  bytes or an open file
        self._client.put_object(Bucket=self._spec.bucket, Key=key, Body=body, IfNoneMatch="*")

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is removed already."""
        with self._faults_explained(key):
            self._client.delete_object(Bucket=self._spec.bucket, Key=key)

    @contextmanager
    def _faults_explained(self, key: str) -> Iterator[None]:
        """Turn what boto3 raises into ObjectMissingError or TrainerError."""
        try:
            yield
        except ClientError as error:
            if code_of(error) in ABSENT:
                raise ObjectMissingError(key) from error
            raise explained(error, key, self._spec, self._role) from error
        except (BotoCoreError, Boto3Error) as error:
            raise unanswered(error, key, self._spec, self._role) from error

    def close(self) -> None:
        """Give back connections."""
        self._client.close()
