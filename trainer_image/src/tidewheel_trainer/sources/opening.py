"""Open the source that a Dataset names; a library is imported only for the source that needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidewheel_contracts.api.v1alpha1.dataset_source import Source
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Connector, Context

__all__ = ["credentials_in", "opened"]


@contextmanager
def opened(source: Source, context: Context) -> Iterator[Connector]:
    """Give the connector of a source, and close it at the end.

    Raises:
        TrainerError: RequestInvalid, when no source is named.
    """
    connector = _open(source, context)
    try:
        yield connector
    finally:
        connector.close()


def credentials_in(folder: Path) -> dict[str, str]:
    """Return the keys and values of a mounted Secret; nothing when none is mounted."""
    if not folder.is_dir():
        return {}
    # The kubelet keeps its own files there, whose names begin with two dots.
    files = (file for file in sorted(folder.iterdir()) if not file.name.startswith(".."))
    return {file.name: file.read_text(encoding="utf-8").rstrip("\n") for file in files}


def _open(source: Source, context: Context) -> Connector:
    if source.s3 is not None:
        from tidewheel_trainer.sources.s3 import S3Connector

        return S3Connector(source.s3, context)
    if source.sql is not None:
        from tidewheel_trainer.sources.sql import open_sql

        return open_sql(source.sql, context)
    if source.table is not None:
        from tidewheel_trainer.sources.table import open_table

        return open_table(source.table, context)
    if source.mongo is not None:
        from tidewheel_trainer.sources.mongo import MongoConnector

        return MongoConnector(source.mongo, context)
    if source.http is not None:
        from tidewheel_trainer.sources.http import HttpConnector

        return HttpConnector(source.http, context)
    if source.stream is not None:
        from tidewheel_trainer.sources.stream import open_stream

        return open_stream(source.stream, context)
    raise TrainerError(FailureReason.REQUEST_INVALID, "`source` must name one source")
