"""Removing old snapshots: what is used, new or young stays, and nothing that those need goes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.trainer.collections_of_rows import (
    FEBRUARY,
    FOLDER,
    JANUARY,
    Collect,
    manifest_of,
    rows_of,
)
from tests.unit.trainer.conftest import MemoryStore, silent

from tidewheel_contracts.job import CollectResult, FailureReason, PruneRequest, PruneResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.prune import prune

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def three(store: Any, collected: Collect, parquet: Any) -> list[CollectResult]:
    """Make three snapshots, a day apart, the last one from another first object."""
    results: list[CollectResult] = []
    objects = {
        "raw/1.parquet": rows_of(JANUARY, [True, False]),
        "raw/2.parquet": rows_of(FEBRUARY, [True, False]),
        "raw/1.parquet ": rows_of(JANUARY, [False, False]),
    }
    for day, (key, rows) in enumerate(objects.items(), start=1):
        store.objects[key.strip()] = parquet(rows)
        results.append(collected(results[-1] if results else None))
        _made_on(store, results[-1], day)
    return results


def _made_on(store: MemoryStore, result: CollectResult, day: int) -> None:
    key = f"{_stem(result)}.report.json"
    report = json.loads(store.objects[key]) | {"endedAt": f"2026-01-0{day}T00:00:00Z"}
    store.objects[key] = json.dumps(report).encode()


def _stem(result: CollectResult) -> str:
    return result.snapshot.manifest_key.removesuffix(".json")


def pruned(
    store: MemoryStore,
    request: Any,
    *in_use: CollectResult,
    keep: int = 1,
    young: int = 0,
    now: datetime = NOW,
) -> PruneResult:
    asked = PruneRequest(
        store=request().store,
        dataset_name="flights",
        retention={"snapshots": keep, "minimum_age_seconds": young},
        in_use=tuple(result.snapshot.digest for result in in_use),
    )
    return prune(asked, store, now, silent)


def snapshots(store: MemoryStore, results: list[CollectResult]) -> list[bool]:
    return [result.snapshot.manifest_key in store.objects for result in results]


def test_only_the_newest_stay_and_with_them_every_part_that_they_have(
    store: Any, three: list[CollectResult], collect_request: Any
) -> None:
    result = pruned(store, collect_request)

    assert (result, snapshots(store, three)) == (
        PruneResult(snapshots=2, parts=1),
        [False, False, True],
    )
    kept = {f"{FOLDER}/parts/{part.sha256}.parquet" for part in manifest_of(store, three[2]).parts}
    assert {key for key in store.objects if "/parts/" in key} == kept
    assert not [key for key in store.objects if key.startswith(_stem(three[0]))]


def test_a_snapshot_that_is_in_use_stays_whole(
    store: Any, three: list[CollectResult], collect_request: Any
) -> None:
    before = dict(store.objects)

    result = pruned(store, collect_request, three[0])

    assert (result, snapshots(store, three)) == (
        PruneResult(snapshots=1, parts=0),
        [True, False, True],
    )
    own = {key for key in before if key.startswith(_stem(three[0]))}
    parts = {f"{FOLDER}/parts/{p.sha256}.parquet" for p in manifest_of(store, three[0]).parts}
    assert all(store.objects[key] == before[key] for key in own | parts)


@pytest.mark.parametrize(
    ("keep", "young"),
    [pytest.param(3, 0, id="there are not too many"), pytest.param(1, 86_400 * 365, id="young")],
)
def test_nothing_goes_while(
    store: Any, three: list[CollectResult], collect_request: Any, keep: int, young: int
) -> None:
    before = set(store.objects)

    result = pruned(store, collect_request, keep=keep, young=young)

    assert (result, set(store.objects)) == (PruneResult(), before)


def test_a_collection_after_it_reads_only_what_is_new(
    store: Any, three: list[CollectResult], collect_request: Any, collected: Collect, parquet: Any
) -> None:
    pruned(store, collect_request)
    store.objects["raw/3.parquet"] = parquet(rows_of(FEBRUARY, [None, False]))

    result = collected(three[2])

    assert result.snapshot.rows == three[2].snapshot.rows + 2
    assert [key for key in store.reads if key.startswith("raw/")] == ["raw/3.parquet"]


def test_parts_that_an_attempt_left_behind_go(
    store: Any, three: list[CollectResult], collect_request: Any
) -> None:
    store.objects[f"{FOLDER}/parts/{'0' * 64}.parquet"] = b"nobody's"

    assert pruned(store, collect_request, keep=3) == PruneResult(snapshots=0, parts=1)


def test_a_manifest_that_cannot_be_read_keeps_every_part(
    store: Any, three: list[CollectResult], collect_request: Any
) -> None:
    store.objects[three[2].snapshot.manifest_key] = b"{}"
    parts = {key for key in store.objects if "/parts/" in key}

    with pytest.raises(TrainerError, match="cannot be read") as caught:
        pruned(store, collect_request)

    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED
    assert {key for key in store.objects if "/parts/" in key} == parts


def test_a_neighbour_dataset_loses_nothing(
    store: Any, three: list[CollectResult], collect_request: Any
) -> None:
    neighbour = f"{FOLDER}-of-others/parts/{'1' * 64}.parquet"
    store.objects[neighbour] = b"theirs"

    pruned(store, collect_request)

    assert store.objects[neighbour] == b"theirs"
