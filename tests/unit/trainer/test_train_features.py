"""Training with features that are read in their own way: what is published and refused."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, columns_of

from tidewheel_contracts.api.v1alpha1.features import Monotonic
from tidewheel_contracts.api.v1alpha1.training_run import Verdict
from tidewheel_contracts.artifact.model import ModelManifest
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
