"""The bucket of a source that is not the ArtifactStore's: keys of its own, its host guarded."""

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_files import Bucket
from tidewheel_trainer.s3_faults import SOURCE
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Context

__all__ = ["other_bucket"]


def other_bucket(bucket: Bucket, context: Context) -> S3Store:
    """Return the bucket, opened with the source's Secret; the first request connects.

    Raises:
        TrainerError: SourceRefused, when the Secret lacks a key.
    """
    spec = ArtifactStoreSpec(
        endpoint=bucket.endpoint,
        bucket=bucket.bucket,
        region=bucket.region,
        secret_name=bucket.secret_name,
    )
    return S3Store(spec, context.credentials, role=SOURCE, guard=context.guard)
