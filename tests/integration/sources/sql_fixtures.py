"""Sources of databases in tests: opened through a guard that leads to this machine."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Connector, Context
from tidewheel_trainer.sources.sql import open_sql

__all__ = ["Connect", "Loopback", "opened", "refusal_without", "rows"]

Connect = Callable[..., Connector]


class Loopback:
    """Leads every host to this machine; it is asked before each connection."""

    def __init__(self, answers: Iterator[None] | None = None) -> None:
        self.answers = answers

    def address_of(self, host: str, port: int) -> str:
        if self.answers is not None:
            next(self.answers, None)
        return "127.0.0.1"


def opened(
    source: Mapping[str, Any], login: Mapping[str, str], folder: Path, guard: Loopback | None = None
) -> Connector:
    """Return the connector of a database on this machine."""
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    store = S3Store(spec, keys, attempts=1)
    given = {"host": "localhost", "secret_name": "login", **source}
    context = Context(store, spec, login, guard or Loopback(), folder)
    return open_sql(SqlSource.model_validate(given), context)


def rows(source: Connector, piece: Any, folder: Path) -> list[dict[str, Any]]:
    """Land a piece and return its rows."""
    source.land(piece, folder / "landed")
    found: list[dict[str, Any]] = pq.read_table(folder / "landed").to_pylist()
    # A transaction that is left open would keep the table from being dropped.
    source.close()
    return found


def refusal_without(password: str, ask: Callable[[], object]) -> str:
    """Return what the source refuses with; the password is never in it."""
    with pytest.raises(TrainerError) as caught:
        ask()
    assert caught.value.reason is FailureReason.SOURCE_REFUSED
    assert password not in caught.value.message
    return caught.value.message
