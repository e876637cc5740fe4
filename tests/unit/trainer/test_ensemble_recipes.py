"""What ensembles are made of, and which cannot be."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.artifact.model import EnsembleRecipe, MemberRecipe, Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipes

_LINEAR = "sklearn.linear_model.LogisticRegression"
_ESTIMATORS = {
    "linear": _LINEAR,
    "bayes": "sklearn.naive_bayes.GaussianNB",
    "ridge": "sklearn.linear_model.Ridge",
}
_PAIR = [{"candidate": "linear"}, {"candidate": "bayes"}]


def _recipes(*ensembles: dict[str, Any], **training: Any) -> tuple[Recipe, ...]:
    asked = Training.model_validate(
        {
            "candidates": [{"name": name, "estimator": each} for name, each in _ESTIMATORS.items()],
            "ensembles": [{"name": "both"} | each for each in ensembles],
        }
        | training
    )
    alone = tuple(
        Recipe(
            candidate=name,
            estimator=each,
            parameters={},
            numeric=("wind",),
            categorical=(),
            target="late",
            time=None,
            seed=0,
        )
        for name, each in _ESTIMATORS.items()
    )
    return ensemble_recipes(asked, alone)


def test_a_stack_has_its_members_recipes_and_a_final_estimator() -> None:
    (recipe,) = _recipes({"kind": "Stacking", "members": _PAIR})
    members = tuple(
        MemberRecipe(candidate=name, estimator=_ESTIMATORS[name], parameters={})
        for name in ("linear", "bayes")
    )
    final = MemberRecipe(candidate="both", estimator=_LINEAR, parameters={"max_iter": 1000})
    assert (recipe.candidate, recipe.estimator, recipe.parameters, recipe.ensemble) == (
        "both",
        "sklearn.ensemble.StackingClassifier",
        {},
        EnsembleRecipe(kind="Stacking", members=members, final=final, folds=5),
    )


@pytest.mark.parametrize(
    ("ensemble", "training", "fault"),
    [
        (
            {"kind": "Voting", "name": "linear", "members": _PAIR},
            {},
            "ensemble 'linear' has the name of a candidate; give it another",
        ),
        (
            {"kind": "Voting", "members": [{"candidate": "linear"}, {"candidate": "baies"}]},
            {},
            "ensemble 'both' has the member 'baies', which is no candidate; there are linear, "
            "bayes, ridge",
        ),
        (
            {"kind": "Voting", "members": [{"candidate": "linear"}, {"candidate": "linear"}]},
            {},
            "ensemble 'both' names the member 'linear' twice; keep one, with a `weight`",
        ),
        (
            {
                "kind": "Voting",
                "members": [{"candidate": "linear", "weight": "0"}, {"candidate": "bayes"}],
            },
            {},
            "ensemble 'both' gives the member 'linear' the weight 0; it must be above 0",
        ),
        (
            {"kind": "Voting", "members": [{"candidate": "linear"}, {"candidate": "ridge"}]},
            {},
            "ensemble 'both' has members that predict classes and others a number; keep one",
        ),
        (
            {
                "kind": "Stacking",
                "members": _PAIR,
                "finalEstimator": {"estimator": "sklearn.linear_model.Ridge"},
            },
            {},
            "ensemble 'both' has the final estimator sklearn.linear_model.Ridge, and its members "
            "predict classes; choose one that does too",
        ),
        (
            {
                "kind": "Stacking",
                "members": _PAIR,
                "finalEstimator": {"estimator": _LINEAR, "parameters": {"CC": 1}},
            },
            {},
            "candidate 'both': LogisticRegression has no parameter 'CC' (did you mean 'C'?)",
        ),
        (
            {"kind": "Stacking", "members": _PAIR},
            {"features": {"monotonic": [{"column": "wind", "direction": "Increasing"}]}},
            "ensemble 'both' is of kind Stacking, which heeds no `features.monotonic`; use Voting",
        ),
        (
            {
                "kind": "Stacking",
                "members": _PAIR,
                "finalEstimator": {"estimator": "sklearn.neighbors.KNeighborsClassifier"},
            },
            {"weights": {"classes": "Balanced"}},
            "ensemble 'both' has the final estimator sklearn.neighbors.KNeighborsClassifier, which "
            "takes no weights; choose another, or leave `weights` out",
        ),
    ],
)
def test_an_ensemble_that_cannot_be_is_explained(
    ensemble: dict[str, Any], training: dict[str, Any], fault: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        _recipes(ensemble, **training)
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith(fault)
