"""Training with features that are read in their own way: what is published and refused."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, columns_of

from tidewheel_contracts.api.v1alpha1.features import Monotonic
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.artifact.model import ModelInput, ModelManifest
from tidewheel_contracts.artifact.profile import FeatureProfile, Profile
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

_RISING = {"column": "wind", "direction": "Increasing"}
_FALLING = {"column": "hour", "direction": "Decreasing"}


def _manifest(store: Any, uid: str = "uid-1") -> ModelManifest:
    return ModelManifest.model_validate_json(store.objects[f"{FOLDER}/{uid}/manifest.json"])


def test_monotonic_features_are_part_of_the_recipe_in_order_of_their_names(
    store: Any, snapshot: Any, trained: Train
) -> None:
    features = {"monotonic": [_RISING, _FALLING]}
    assert trained(snapshot(columns_of(0, 20)), features=features).verdict is Verdict.PASSED
    expected = tuple(Monotonic.model_validate(each) for each in (_FALLING, _RISING))
    assert _manifest(store).recipe.monotonic == expected


def test_monotonic_features_of_three_classes_are_refused(snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 20)
    columns["late"] = np.array(["calm", "fresh", "storm"])[np.arange(3000) % 3]
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns), features={"monotonic": [_RISING]})
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith("`features.monotonic` needs a target of two classes")


def test_dates_are_found_published_and_profiled_and_the_time_column_is_none(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 20)
    days = np.arange(3000) % 5
    booked = np.datetime64("2013-01-01", "us") + days.astype("timedelta64[D]")
    booked[0] = np.datetime64("NaT")
    columns["booked"] = booked
    assert trained(snapshot(columns)).verdict is Verdict.PASSED
    manifest = _manifest(store)
    assert (manifest.recipe.dates, manifest.recipe.time) == (("booked",), "day")
    assert manifest.inputs[-1] == ModelInput(name="booked", datatype="BYTES", kind="Date")
    assert manifest.sample[-1][:2] == (None, "2013-01-05 00:00:00")
    profile = Profile.model_validate_json(store.objects[f"{FOLDER}/uid-1/profile.json"])
    assert profile.features[-1] == FeatureProfile(
        name="booked",
        kind="Date",
        missing_share=1 - 2999 / 3000,
        values=(15706.0, 15707.0, 15708.0, 15709.0, 15710.0),
        shares=(599 / 3000, *[600 / 3000] * 4),
        minimum=15706.0,
        maximum=15710.0,
    )


def test_a_champion_that_reads_text_is_not_given_dates(snapshot: Any, trained: Train) -> None:
    champion = trained(snapshot(columns_of(0, 20)))
    columns = columns_of(0, 20)
    columns["carrier"] = columns["day"]
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns), "uid-2", champion)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "the champion reads column 'carrier' as BYTES and the snapshot has it as timestamp[us]; a "
        "model of other data needs another model name",
    )


def test_text_among_dates_fails_the_run(snapshot: Any, trained: Train) -> None:
    with pytest.raises(TrainerError) as caught:
        trained(snapshot(columns_of(0, 20)), features={"dates": ["carrier"]})
    assert caught.value.reason is FailureReason.FEATURE_UNUSABLE
    assert caught.value.message.startswith("column 'carrier' of `features.dates` holds")


def test_text_is_published_as_an_input_that_is_read_by_its_words(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = columns_of(0, 20)
    words = np.where(columns["late"], "heavy storm", "calm air")
    columns["remark"] = [
        None if n % 9 == 0 else f"{word} {n % 50} " + "x" * 2000 for n, word in enumerate(words)
    ]
    assert trained(snapshot(columns), features={"text": ["remark"]}).verdict is Verdict.PASSED
    manifest = _manifest(store)
    assert manifest.inputs[-1] == ModelInput(name="remark", datatype="BYTES", kind="Text")
    assert [None if text is None else len(text) for text in manifest.sample[-1]][:2] == [None, 1000]
    profile = Profile.model_validate_json(store.objects[f"{FOLDER}/uid-1/profile.json"])
    expected = FeatureProfile(name="remark", kind="Text", missing_share=1 - 2666 / 3000)
    assert profile.features[-1] == expected
