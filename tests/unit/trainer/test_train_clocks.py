"""What clocks that are wrong, of a node or of whoever wrote the data, do to a run."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.trainer.trainings import FOLDER, Train, columns_of, files_of

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.surroundings import Surroundings


@pytest.fixture
def clock() -> list[datetime]:
    """Return a list with the moment that the node takes it for."""
    return [datetime(2026, 1, 2, tzinfo=UTC)]


@pytest.fixture
def surroundings(surroundings: Surroundings, clock: list[datetime]) -> Surroundings:
    return replace(surroundings, now=lambda: clock[0])


@pytest.mark.parametrize("year", [1970, 2099])
def test_a_node_whose_clock_is_wrong_publishes_the_same_model(
    year: int, clock: list[datetime], store: Any, snapshot: Any, trained: Train
) -> None:
    data = snapshot(columns_of(0, 20))
    right = trained(data)
    clock[0] = datetime(year, 1, 1, tzinfo=UTC)
    wrong = trained(data, "uid-2")
    assert (wrong.trained_through, wrong.message) == (right.trained_through, right.message)
    assert right.trained_through == "2013-01-20T01:00:00Z"
    assert right.artifact is not None
    assert wrong.artifact is not None
    assert wrong.artifact.digest == right.artifact.digest
    # Only what tells of the attempt itself, and the report that names the run, may differ.
    differing = {
        name
        for name in files_of(store, "uid-1")
        if store.objects[f"{FOLDER}/uid-1/{name}"] != store.objects[f"{FOLDER}/uid-2/{name}"]
    }
    assert differing == {"lineage.json", "manifest.json", "report.html", "report.md"}


def _of_the_future(store: Any, champion: RunResult) -> RunResult:
    """Return a champion that is said to have learned rows of the year 2113."""
    assert champion.artifact is not None
    key = champion.artifact.manifest_key
    manifest = ModelManifest.model_validate_json(store.objects[key])
    later = manifest.model_copy(update={"trained_through": "2113-01-20T01:00:00Z"})
    data = later.model_dump_json(by_alias=True, exclude_none=True).encode()
    store.objects[key] = data
    digest = manifest_digest(data)
    artifact = champion.artifact.model_copy(update={"manifest_digest": digest})
    return champion.model_copy(update={"artifact": artifact})


def test_a_champion_that_learned_a_row_of_the_future_is_met_by_its_recipe(
    store: Any, snapshot: Any, trained: Train
) -> None:
    first = _of_the_future(store, trained(snapshot(columns_of(0, 60))))
    result = trained(snapshot(columns_of(0, 60), columns_of(60, 20)), "uid-2", first)
    assert (result.verdict, result.verdict_reason, result.compared_with, result.training_rows) == (
        Verdict.UNTESTED,
        "SameRecipe",
        ComparedWith.RECIPE,
        80 * 150,
    )
    assert "no veto test, as the champion's recipe would learn the same rows" in result.message
    # The next champion is right again: it says what it learned itself.
    assert result.trained_through == "2013-03-21T01:00:00Z"


@pytest.mark.parametrize("name", ["manifest.json", "model.skops"])
def test_a_champion_whose_files_are_gone_is_named_with_what_to_do(
    name: str, store: Any, snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)))
    del store.objects[f"{FOLDER}/uid-1/{name}"]
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20), columns_of(20, 12)), "uid-2", first)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        f"file '{FOLDER}/uid-1/{name}' of the champion 'delays-v1' is missing; restore it from a "
        "backup of the bucket, or let another version serve",
    )
