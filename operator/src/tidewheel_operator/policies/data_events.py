"""News of data from outside, and which Datasets it is about."""

from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec
from tidewheel_contracts.api.v1alpha1.dataset_source import Source

__all__ = ["DataEvent", "NamedDataset", "ObjectChange", "concerns"]


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object of a bucket is new, other than before, or gone."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class NamedDataset:
    """Something that names a Dataset; each of the texts may be its name."""

    names: tuple[str, ...]


DataEvent = ObjectChange | NamedDataset


def concerns(event: DataEvent, name: str, spec: DatasetSpec, store_bucket: str | None) -> bool:
    """Tell whether an event is about the source of a Dataset.

    Events tell no endpoint, so a bucket of the same name in another store passes for the source's:
    that costs one look.

    Args:
        event: the news.
        name: name of the Dataset.
        spec: its spec.
        store_bucket: bucket of the namespace's ArtifactStore, if there is one.
    """
    if isinstance(event, NamedDataset):
        return name in event.names
    return event.bucket == (_own_bucket(spec.source) or store_bucket) and _holds(
        spec.source, event.key
    )


def _own_bucket(source: Source) -> str | None:
    files = source.s3 or source.table
    bucket = files.bucket if files is not None else None
    return bucket.bucket if bucket is not None else None


def _holds(source: Source, key: str) -> bool:
    if source.s3 is not None:
        return key.startswith(source.s3.prefix)
    if source.table is not None:
        return key.startswith(f"{source.table.prefix.rstrip('/')}/")
    return source.sql is not None and source.sql.key == key
