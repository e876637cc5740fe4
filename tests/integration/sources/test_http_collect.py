"""Collections from an HTTP server: the first, an unchanged one, and those of new rows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.sources.http_fixtures import (  # noqa: F401 - fixtures
    Connect,
    fixture_connect,
    fixture_server,
    fixture_session_server,
    fixture_time,
)
from tests.servers.misbehaving_http import Reply, Request, Server
from tests.unit.trainer.conftest import MemoryStore, silent

from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_contracts.job import CollectRequest, CollectResult, FailureReason
from tidewheel_trainer.collect.collector import collect
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings, of_this_process


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return replace(
        of_this_process(), scratch=tmp_path, now=lambda: datetime(2026, 1, 2, tzinfo=UTC)
    )


def _collected(
    connect: Connect,
    around: Surroundings,
    store: MemoryStore,
    source: Mapping[str, Any],
    previous: CollectResult | None = None,
) -> CollectResult:
    request = CollectRequest.model_validate(
        {
            "store": {
                "spec": {"endpoint": "http://s:1", "bucket": "data", "secretName": "keys"},
                "namespace": "ml",
            },
            "datasetName": "flights",
            "source": {"http": source},
            "target": {"column": "late"},
            "previous": previous
            and {
                "snapshot": {
                    "digest": previous.snapshot.digest,
                    "manifestKey": previous.snapshot.manifest_key,
                },
                "sourceFingerprint": previous.source_fingerprint,
            },
        }
    )
    return collect(request, connect(**source), store, around, silent)  # type: ignore[arg-type]


def _flights(first: int, last: int) -> str:
    return json.dumps([{"id": number, "late": number % 3 == 0} for number in range(first, last)])


def test_new_rows_after_the_cursor_extend_the_snapshot(
    server: Server, connect: Connect, around: Surroundings
) -> None:
    store = MemoryStore()
    highest = 100
    server.script = lambda request: Reply(
        _flights(int(request.path.partition("after=")[2] or 0) + 1, highest + 1)
    )
    source = {"url": server.url("/"), "cursor": {"column": "id", "parameter": "after"}}
    first = _collected(connect, around, store, source)
    again = _collected(connect, around, store, source, first)
    highest = 150
    second = _collected(connect, around, store, source, again)
    manifest = SnapshotManifest.model_validate_json(store.objects[second.snapshot.manifest_key])
    assert again == first
    assert [first.snapshot.rows, second.snapshot.rows] == [100, 150]
    assert [(p.name, p.value) for p in manifest.positions] == [("cursor", "150")]
    assert [part.rows for part in manifest.parts] == [100, 50]
    assert [request.path for request in server.requests] == ["/", "/?after=100", "/?after=100"]


def test_an_unchanged_source_costs_one_request_and_no_snapshot(
    server: Server, connect: Connect, around: Surroundings
) -> None:
    store = MemoryStore()

    def script(request: Request) -> Reply:
        if request.headers.get("If-None-Match") == '"1"':
            return Reply(status=304)
        return Reply(_flights(0, 10), headers={"ETag": '"1"'})

    server.script = script
    first = _collected(connect, around, store, {"url": server.url()})
    objects = dict(store.objects)
    again = _collected(connect, around, store, {"url": server.url()}, first)
    assert (again, store.objects, len(server.requests)) == (first, objects, 2)


def test_rows_that_changed_replace_the_earlier_ones(
    server: Server, connect: Connect, around: Surroundings
) -> None:
    store = MemoryStore()
    server.answers(Reply(_flights(0, 10)), Reply(_flights(0, 12)))
    first = _collected(connect, around, store, {"url": server.url()})
    second = _collected(connect, around, store, {"url": server.url()}, first)
    assert [first.snapshot.rows, second.snapshot.rows] == [10, 12]


def test_a_server_without_a_row_gives_no_snapshot(
    server: Server, connect: Connect, around: Surroundings
) -> None:
    store = MemoryStore()
    server.answers(Reply("[]"))
    source = {"url": server.url(), "cursor": {"column": "id", "parameter": "after"}}
    with pytest.raises(TrainerError) as caught:
        _collected(connect, around, store, source)
    assert caught.value.reason is FailureReason.SOURCE_EMPTY
    assert store.objects == {}
