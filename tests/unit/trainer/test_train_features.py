"""Training with features that are read in their own way: what is published and refused."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, columns_of

from tidewheel_contracts.api.v1alpha1.features import Monotonic
from tidewheel_contracts.api.v1alpha1.training_run import Verdict
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
