"""The S3 bucket as whoever delivers data sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

__all__ = ["Bucket", "open_bucket"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket and a client that may write to it."""

    client: Any
    name: str

    def put(self, key: str, data: bytes) -> None:
        """Write one object."""
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, in order."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))


def open_bucket(url: str, name: str, access_key: str, secret_key: str) -> Bucket:
    """Return a bucket of an S3-compatible store."""
    config = Config(
        signature_version="s3v4",
        # No names of hosts are made from the bucket's: the store is known by its address only.
        s3={"addressing_style": "path"},
        retries={"max_attempts": 5, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    )
    return Bucket(client, name)
