"""Collecting from a source that is read from a position: cleaning, waiting, quarantine, checks."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.trainer.collections_of_rows import FOLDER, manifest_of
from tests.unit.trainer.conftest import silent
from tests.unit.trainer.rows_connector import RowsConnector, UntoldConnector

from tidewheel_contracts.artifact.snapshot import SourcePosition, StepCount
from tidewheel_contracts.job import CollectRequest, CollectResult, FailureReason
from tidewheel_trainer.collect.collector import collect
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings

Collect = Callable[..., CollectResult]
NOON = datetime.fromisoformat("2026-01-01T12:00")


def row(number: int, late: bool | None = True) -> dict[str, Any]:
    return {"id": number, "day": NOON + timedelta(hours=number), "late": late}


@pytest.fixture
def collected_from(
    store: Any, surroundings: Surroundings, collect_request: Callable[..., CollectRequest]
) -> Collect:
    """Return a function that collects from a connector; `previous` is what it extends."""

    def run(
        connector: RowsConnector, previous: CollectResult | None = None, **changes: Any
    ) -> CollectResult:
        if previous is not None:
            changes["previous"] = {
                "snapshot": previous.snapshot.model_dump(include={"digest", "manifest_key"}),
                "source_fingerprint": previous.source_fingerprint,
            }
        connector.landed.clear()
        return collect(collect_request(**changes), connector, store, surroundings, silent)

    return run


def test_only_rows_after_the_position_are_read_and_the_position_is_in_the_manifest(
    store: Any, collected_from: Collect
) -> None:
    connector = RowsConnector([row(1), row(2)])
    first = collected_from(connector)
    connector.rows += [row(3)]

    second = collected_from(connector, first)

    assert (second.snapshot.rows, connector.landed) == (3, ["rows 2 to 3"])
    assert manifest_of(store, second).positions == (SourcePosition(name="row", value="3"),)


def test_equal_rows_of_two_looks_are_both_kept(store: Any, collected_from: Collect) -> None:
    connector = RowsConnector([row(1)])
    first = collected_from(connector)
    connector.rows += [row(1)]

    assert collected_from(connector, first).snapshot.rows == 2


def test_steps_of_rows_are_counted_over_all_looks(store: Any, collected_from: Collect) -> None:
    steps = [{"filter": {"expression": "id % 2 = 0"}}]
    connector = RowsConnector([row(1), row(2)])
    first = collected_from(connector, steps=steps)
    connector.rows += [row(3), row(4)]

    second = collected_from(connector, first, steps=steps)

    assert manifest_of(store, second).steps == (StepCount(step="filter", rows_in=4, rows_out=2),)
    assert second.snapshot.rows == 2


def test_steps_of_the_whole_see_rows_of_all_looks(store: Any, collected_from: Collect) -> None:
    steps = [{"dropDuplicates": {"columns": ["id"]}}]
    connector = RowsConnector([row(1), row(2)])
    first = collected_from(connector, steps=steps)
    connector.rows += [row(2), row(3)]

    second = collected_from(connector, first, steps=steps)

    assert (second.snapshot.rows, connector.landed) == (3, ["rows 2 to 4"])
    assert manifest_of(store, second).steps == (
        StepCount(step="dropDuplicates", rows_in=4, rows_out=3),
    )


def test_changed_steps_read_everything_anew(collected_from: Collect) -> None:
    connector = RowsConnector([row(1), row(2)])
    first = collected_from(connector)

    second = collected_from(connector, first, steps=[{"filter": {"expression": "id > 1"}}])

    assert (second.snapshot.rows, connector.landed) == (1, ["rows 0 to 2"])


def test_changed_steps_need_no_second_reading_of_a_stream(collected_from: Collect) -> None:
    connector = RowsConnector([row(1), row(2)], is_repeatable=False)
    first = collected_from(connector)

    second = collected_from(connector, first, steps=[{"filter": {"expression": "id > 1"}}])

    assert (second.snapshot.rows, connector.landed) == (1, [])


@pytest.mark.parametrize("counts_rows", [True, False], ids=["counted", "read"])
def test_too_few_new_rows_wait(store: Any, collected_from: Collect, counts_rows: bool) -> None:
    refresh = {"minimumNewRows": 2}
    connector = RowsConnector([row(1), row(2)], counts_rows=counts_rows)
    first = collected_from(connector, refresh=refresh)
    connector.rows += [row(3)]

    waiting = collected_from(connector, first, refresh=refresh)

    assert waiting == first.model_copy(
        update={
            "waiting_rows": 1,
            "seen_fingerprint": waiting.seen_fingerprint,
            "schema_changes": (),
        }
    )
    assert waiting.seen_fingerprint != first.seen_fingerprint
    connector.rows += [row(4)]
    assert collected_from(connector, waiting, refresh=refresh).snapshot.rows == 4


def test_share_of_new_rows_is_measured_by_the_snapshot(collected_from: Collect) -> None:
    refresh = {"minimumNewShare": "0.5"}
    connector = RowsConnector([row(number) for number in range(4)])
    first = collected_from(connector, refresh=refresh)
    connector.rows += [row(5)]
    assert collected_from(connector, first, refresh=refresh).waiting_rows == 1
    connector.rows += [row(6)]
    assert collected_from(connector, first, refresh=refresh).snapshot.rows == 6


def test_failed_checks_make_no_snapshot_and_are_all_told(
    store: Any, collected_from: Collect
) -> None:
    checks = {"columns": [{"column": "id", "maximum": "1"}, {"column": "late", "nullable": False}]}
    connector = RowsConnector([row(1), row(2), row(3, None)])

    with pytest.raises(TrainerError) as caught:
        collected_from(connector, checks=checks)

    assert caught.value.reason is FailureReason.CHECK_FAILED
    assert len(caught.value.failures) == 2
    (key,) = (key for key in store.objects if key.startswith(f"{FOLDER}/failures/"))
    assert json.loads(store.objects[key])["failures"] == list(caught.value.failures)
    assert not [key for key in store.objects if key.startswith(f"{FOLDER}/snapshots/")]


def test_rows_in_quarantine_are_counted_and_kept_apart(store: Any, collected_from: Collect) -> None:
    checks = {"columns": [{"column": "id", "maximum": "1"}], "onFailure": "Quarantine"}
    connector = RowsConnector([row(1), row(2), row(3)])

    result = collected_from(connector, checks=checks)

    assert (result.snapshot.rows, result.snapshot.quarantined_rows) == (1, 2)
    assert len([key for key in store.objects if key.startswith(f"{FOLDER}/parts/")]) == 2


def test_quarantine_after_steps_of_the_whole_is_made_anew(
    store: Any, collected_from: Collect
) -> None:
    changes = {
        "checks": {"columns": [{"column": "id", "maximum": "1"}], "onFailure": "Quarantine"},
        "steps": [{"dropDuplicates": {}}],
    }
    connector = RowsConnector([row(1), row(2), row(2)])
    first = collected_from(connector, **changes)
    connector.rows += [row(2), row(0)]

    second = collected_from(connector, first, **changes)

    assert [(r.snapshot.rows, r.snapshot.quarantined_rows) for r in (first, second)] == [
        (1, 1),
        (2, 1),
    ]


def test_column_that_a_step_takes_away_is_named_as_a_change(collected_from: Collect) -> None:
    connector = RowsConnector([row(1), row(2)])
    first = collected_from(connector)

    second = collected_from(connector, first, steps=[{"select": {"columns": ["day", "late"]}}])

    assert len(second.schema_changes) == 1
    assert "'id'" in second.schema_changes[0]


def test_what_a_source_notes_is_told(store: Any, collected_from: Collect) -> None:
    result = collected_from(RowsConnector([row(1), row(2)], notes=("3 messages are lost",)))

    assert result.notes == ("3 messages are lost",)
    report = json.loads(
        store.objects[result.snapshot.manifest_key.replace(".json", ".report.json")]
    )
    assert report["notes"] == ["3 messages are lost"]


def test_rows_that_all_fail_a_step_are_an_empty_source(collected_from: Collect) -> None:
    steps = [{"filter": {"expression": "id > 9"}}, {"dropDuplicates": {}}]

    with pytest.raises(TrainerError, match="no row") as caught:
        collected_from(RowsConnector([row(1), row(2)]), steps=steps)

    assert caught.value.reason is FailureReason.SOURCE_EMPTY


@pytest.mark.parametrize("steps", [[], [{"fillNulls": {"column": "gate", "value": "none"}}]])
def test_field_that_later_documents_lack_is_null_there(
    store: Any, collected_from: Collect, steps: list[Any]
) -> None:
    connector = RowsConnector([row(1) | {"gate": "A"}], has_documents=True)
    first = collected_from(connector, steps=steps)
    connector.rows += [row(2)]

    second = collected_from(connector, first, steps=steps)

    types = {column.name: column.type for column in second.columns}
    assert (second.snapshot.rows, types["gate"]) == (2, "string")


def test_column_that_a_table_lacks_is_missing(collected_from: Collect) -> None:
    connector = RowsConnector([row(1) | {"gate": "A"}], has_documents=True)
    first = collected_from(connector)
    connector.has_documents = False
    connector.rows += [row(2)]

    with pytest.raises(TrainerError, match="'gate'") as caught:
        collected_from(connector, first)

    assert caught.value.reason is FailureReason.COLUMN_MISSING


def test_rows_that_only_reading_tells_to_be_the_same_write_nothing(
    store: Any, collected_from: Collect
) -> None:
    connector = UntoldConnector([row(1), row(2)])
    first = collected_from(connector)
    before = dict(store.objects)

    second = collected_from(connector, first)

    assert (second, store.objects, connector.looks) == (first, before, 2)
    connector.rows += [row(3)]
    assert collected_from(connector, second).snapshot.rows == 3
