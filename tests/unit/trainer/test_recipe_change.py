"""What counts as a changed recipe."""

from typing import Any

import pytest
from tests.unit.trainer.recipes import recipe_of
from tests.unit.trainer.trainings import BOOSTING

from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, EnsembleKind
from tidewheel_contracts.api.v1alpha1.features import Direction, Monotonic, Weights
from tidewheel_contracts.artifact.model import EnsembleRecipe, MemberRecipe, ModelManifest
from tidewheel_trainer.train.recipe_change import changed_parts

FOREST = "sklearn.ensemble.RandomForestClassifier"
VOTE = EnsembleRecipe(
    kind=EnsembleKind.VOTING,
    members=(MemberRecipe(candidate="forest", estimator=FOREST, parameters={}),),
)
KNOWN = recipe_of(BOOSTING, {"max_iter": 8}, numeric=("wind", "hour"), categorical=("carrier",))
CHAMPION = ModelManifest.model_construct(recipe=KNOWN)


@pytest.mark.parametrize(
    ("update", "parts"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"candidate": "other", "seed": 9}, (), id="name and seed"),
        pytest.param({"parameters": {"max_iter": 80}}, (), id="parameters"),
        pytest.param({"numeric": ("hour", "wind")}, (), id="order of columns"),
        pytest.param({"estimator": FOREST}, ("another estimator",), id="estimator"),
        pytest.param({"calibration": Calibration()}, (), id="calibration"),
        pytest.param({"ensemble": VOTE}, ("other members",), id="members"),
        pytest.param({"numeric": ("wind",)}, ("other columns",), id="a column less"),
        pytest.param({"categorical": ("carrier", "origin")}, ("other columns",), id="one more"),
        pytest.param({"dates": ("day",)}, ("other columns",), id="a date more"),
        pytest.param(
            {"categorical": (), "text": ("carrier",)}, ("other columns",), id="read otherwise"
        ),
        pytest.param(
            {"monotonic": (Monotonic(column="wind", direction=Direction.INCREASING),)},
            ("other monotonic columns",),
            id="monotonic",
        ),
        pytest.param(
            {"weights": Weights(column="importance"), "estimator": FOREST},
            ("another estimator", "other weights"),
            id="two of them",
        ),
    ],
)
def test_a_recipe_is_changed_by_its_estimator_its_columns_and_what_rows_weigh(
    update: dict[str, Any], parts: tuple[str, ...]
) -> None:
    assert changed_parts(KNOWN.model_copy(update=update), CHAMPION) == parts


def test_a_first_run_changes_no_recipe() -> None:
    assert changed_parts(KNOWN, None) == ()
