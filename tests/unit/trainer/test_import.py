"""Importing a model that was made elsewhere: judged as a trained one, and published as it is."""

import json
from typing import Any

from tests.unit.trainer.imports import KEY, THEIRS, THROUGH, Put, model_of
from tests.unit.trainer.trainings import (
    BOOSTING,
    FOLDER,
    REFUSED,
    Train,
    candidate,
    columns_of,
    files_of,
    turned_round,
)

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.profile import Profile


def test_an_import_that_passes_is_published_byte_by_byte(
    store: Any, snapshot: Any, trained: Train, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20)))
    result = trained(snapshot(columns_of(0, 40)), candidates=THEIRS, imported=declared)

    assert (result.verdict, result.verdict_reason, result.compared_with) == (
        Verdict.PASSED,
        "FirstModel",
        ComparedWith.NOTHING,
    )
    assert (result.candidate, result.training_rows, result.test_rows, result.trained_through) == (
        "theirs",
        20 * 150,
        20 * 150,
        THROUGH,
    )
    assert [column.name for column in result.input_columns] == ["wind", "carrier"]
    assert store.objects[f"{FOLDER}/uid-1/model.skops"] == store.objects[KEY]
    manifest = _manifest(store, result)
    assert (manifest.recipe.estimator, manifest.recipe.parameters) == (
        BOOSTING,
        {"early_stopping": "auto", "learning_rate": 0.2, "max_iter": 20},
    )
    assert (manifest.recipe.numeric, manifest.recipe.categorical) == (("wind",), ("carrier",))
    lineage = json.loads(store.objects[f"{FOLDER}/uid-1/lineage.json"])
    assert lineage["imported"] == declared
    profile = Profile.model_validate_json(store.objects[f"{FOLDER}/uid-1/profile.json"])
    assert profile.rows == 20 * 150


def test_the_time_that_it_learned_may_be_of_any_zone(
    snapshot: Any, trained: Train, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20))) | {"trainedThrough": "2013-01-21T01:00:00+02:00"}
    result = trained(snapshot(columns_of(0, 40)), candidates=THEIRS, imported=declared)

    assert (result.trained_through, result.training_rows) == ("2013-01-20T23:00:00Z", 20 * 150)


def test_a_second_attempt_reports_what_the_first_one_published(
    store: Any, snapshot: Any, trained: Train, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20)))
    data = snapshot(columns_of(0, 40))
    first = trained(data, candidates=THEIRS, imported=declared)
    del store.objects[KEY]

    assert trained(data, candidates=THEIRS, imported=declared) == first


def test_an_import_meets_the_champion_itself_on_rows_that_neither_has_learned(
    store: Any, snapshot: Any, trained: Train, put: Put
) -> None:
    champion = trained(snapshot(columns_of(0, 20)), candidates=(candidate(),))
    declared = put(model_of(turned_round(columns_of(0, 20), 20)))
    result = trained(
        snapshot(columns_of(0, 20), columns_of(20, 20)),
        uid="uid-2",
        champion=champion,
        candidates=THEIRS,
        imported=declared,
    )

    assert (result.verdict, result.verdict_reason, result.compared_with, result.test_rows) == (
        Verdict.REFUSED,
        "WorseThanChampion",
        ComparedWith.MODEL,
        20 * 150,
    )
    assert files_of(store, "uid-2") == REFUSED


def test_an_import_that_is_only_as_good_proves_nothing_unless_the_gate_asks_for_less(
    snapshot: Any, trained: Train, put: Put
) -> None:
    champion = trained(snapshot(columns_of(0, 20)), candidates=(candidate(max_iter=40),))
    declared = put(model_of(columns_of(0, 20)))
    data = snapshot(columns_of(0, 20), columns_of(20, 30))

    def judged(uid: str, **gate: str) -> RunResult:
        given = {"candidates": THEIRS, "imported": declared, "gate": gate}
        return trained(data, uid=uid, champion=champion, **given)

    strict = judged("uid-2")
    assert (strict.verdict, strict.verdict_reason) == (Verdict.REFUSED, "RecipeUnproven")
    assert "with a model that was made elsewhere the difference is" in strict.message
    lax = judged("uid-3", changedRecipe="NotWorse")
    assert lax.verdict in (Verdict.PASSED, Verdict.UNTESTED)


def test_an_import_that_is_better_in_both_halves_of_the_window_passes(
    snapshot: Any, trained: Train, put: Put
) -> None:
    dull = ({"name": "dull", "estimator": "sklearn.dummy.DummyClassifier"},)
    champion = trained(snapshot(columns_of(0, 20)), candidates=dull)
    declared = put(model_of(columns_of(0, 20)))
    result = trained(
        snapshot(columns_of(0, 20), columns_of(20, 30)),
        uid="uid-2",
        champion=champion,
        candidates=THEIRS,
        imported=declared,
    )

    assert (result.verdict, result.verdict_reason) == (Verdict.PASSED, "RecipeProven")
    assert "in the window before" in result.message
    assert "the champion 0.5" in result.message


def test_too_few_rows_later_than_what_it_learned_are_inconclusive(
    snapshot: Any, trained: Train, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20)))
    result = trained(snapshot(columns_of(0, 22)), candidates=THEIRS, imported=declared)

    assert (result.verdict, result.verdict_reason) == (Verdict.INCONCLUSIVE, "TooFewRows")
    assert result.message.startswith("of rows later than 2013-01-20T23:59:59Z, the test rows are")


def test_a_trained_candidate_meets_an_imported_champion(
    snapshot: Any, trained: Train, put: Put
) -> None:
    declared = put(model_of(columns_of(0, 20)))
    champion = trained(snapshot(columns_of(0, 40)), candidates=THEIRS, imported=declared)
    result = trained(
        snapshot(columns_of(0, 40), columns_of(40, 20)),
        uid="uid-2",
        champion=champion,
        candidates=(candidate(max_iter=40),),
        gate={"changedRecipe": "NotWorse"},
    )

    assert result.compared_with is ComparedWith.MODEL
    assert result.verdict is not Verdict.REFUSED


def _manifest(store: Any, result: RunResult) -> ModelManifest:
    assert result.artifact is not None
    return ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
