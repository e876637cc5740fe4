"""XGBoost and LightGBM as candidates: their parameters, classes, gaps, and images without them."""

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import SMALL, recipe_of

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, CalibrationMethod, Ensemble
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.run_report.importance import slowness
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train import estimators
from tidewheel_trainer.train.boosters import BOOSTER_NAMES
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipe
from tidewheel_trainer.train.estimator_list import ALLOWED
from tidewheel_trainer.train.estimators import checked_parameters
from tidewheel_trainer.train.inner_folds import Groups
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.pipelines import answers, fitted
from tidewheel_trainer.train.threads import up_to_threads

XGBOOST, LIGHTGBM = "xgboost.XGBClassifier", "lightgbm.LGBMClassifier"
NUMBER = "xgboost.XGBRegressor"
_ROWS = 300
_DICE = np.random.default_rng(3)
_WIND = _DICE.normal(size=_ROWS)
_FRAME = pd.DataFrame({"wind": _WIND, "heat": _DICE.normal(size=_ROWS)})
_CLASSIFIERS = [name for name in BOOSTER_NAMES if ALLOWED[name].task is Task.CLASSIFICATION]


def _recipe(name: str, parameters: dict[str, Any] | None = None) -> Recipe:
    given = SMALL[name] if parameters is None else parameters
    return recipe_of(name, given, numeric=("wind", "heat"), categorical=())


def _refusal(name: str, **parameters: Any) -> tuple[FailureReason, str]:
    with pytest.raises(TrainerError) as caught:
        checked_parameters(Candidate(name="one", estimator=name, parameters=parameters))
    return caught.value.reason, caught.value.message


@pytest.mark.parametrize(
    ("name", "parameters", "fault"),
    [
        (XGBOOST, {"callbacks": ["x"]}, "XGBClassifier parameter 'callbacks' is set by Tidewheel"),
        (XGBOOST, {"early_stopping_rounds": 3}, "XGBClassifier parameter 'early_stopping_rounds' "),
        (XGBOOST, {"device": "cuda"}, "XGBClassifier parameter 'device' is set by Tidewheel"),
        (XGBOOST, {"n_jobs": 4}, "XGBClassifier parameter 'n_jobs' is set by Tidewheel; leave it"),
        (XGBOOST, {"nthread": 4}, "XGBClassifier has no parameter 'nthread'"),
        (XGBOOST, {"objective": "rank:map"}, "XGBClassifier parameter 'objective' is set by Tide"),
        (
            XGBOOST,
            {"monotone_constraints": [1]},
            "XGBClassifier parameter 'monotone_constraints' is set by Tidewheel; name columns in "
            "`features.monotonic`",
        ),
        (
            XGBOOST,
            {"max_dept": 3},
            "XGBClassifier has no parameter 'max_dept' (did you mean 'max_depth'?); it ",
        ),
        (XGBOOST, {"booster": "gblinear"}, "XGBClassifier refuses a parameter: The 'booster' par"),
        (XGBOOST, {"subsample": 1.5}, "XGBClassifier refuses a parameter: The 'subsample' param"),
        (XGBOOST, {"max_depth": "deep"}, "XGBClassifier refuses a parameter: The 'max_depth' par"),
        (NUMBER, {"objective": "survival:cox"}, "XGBRegressor refuses a parameter: The 'objectiv"),
        (LIGHTGBM, {"input_model": "/etc/hosts"}, "LGBMClassifier has no parameter 'input_model'"),
        (LIGHTGBM, {"machines": "10.0.0.1:80"}, "LGBMClassifier has no parameter 'machines'"),
        (LIGHTGBM, {"deterministic": False}, "LGBMClassifier parameter 'deterministic' is set by"),
        (LIGHTGBM, {"num_leaves": 1}, "LGBMClassifier refuses a parameter: The 'num_leaves' para"),
    ],
)
def test_a_parameter_that_a_candidate_may_not_set_is_named(
    name: str, parameters: dict[str, Any], fault: str
) -> None:
    reason, message = _refusal(name, **parameters)
    assert reason is FailureReason.PARAMETER_INVALID
    assert message.startswith(f"candidate 'one': {fault}")


@pytest.mark.parametrize("name", BOOSTER_NAMES)
def test_every_parameter_that_is_open_is_one_of_the_class(name: str) -> None:
    booster = ALLOWED[name].booster
    assert booster is not None
    assert booster.parameters.keys() <= booster.build().get_params().keys()


def test_an_image_without_the_extra_says_which_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: ALLOWED[name] for name in ALLOWED if name not in BOOSTER_NAMES}
    monkeypatch.setattr(estimators, "ALLOWED", without)
    assert _refusal(XGBOOST) == (
        FailureReason.ESTIMATOR_UNKNOWN,
        "candidate 'one' names the estimator 'xgboost.XGBClassifier', and this trainer image was "
        "built without the extra `boosters`, which has it; build both images with `--build-arg "
        "BOOSTERS=yes`, or use one of sklearn.ensemble.HistGradientBoostingClassifier, "
        "sklearn.ensemble.HistGradientBoostingRegressor",
    )


def test_a_file_that_needs_the_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    data = model_bytes(fitted(_recipe(XGBOOST), _FRAME, _WIND > 0))
    for module in [each for each in sys.modules if each.partition(".")[0] == "xgboost"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TrainerError) as caught:
        read_model(data, "models/model.skops")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ESTIMATOR_UNKNOWN,
        "model file 'models/model.skops' needs xgboost, and this image was built without the extra "
        "`boosters`; build it with `--build-arg BOOSTERS=yes`",
    )


@pytest.mark.parametrize("name", _CLASSIFIERS)
@pytest.mark.parametrize(
    "values", [[False, True], [3, 7], ["no", "yes"], ["c", "a", "b"], [1.0, 4.0, 2.0]], ids=str
)
def test_classes_of_any_kind_are_answered_as_they_were_learned(
    name: str, values: list[Any]
) -> None:
    edges = [0] if len(values) == 2 else [-0.5, 0.5]
    labels = np.array(values)[np.digitize(_WIND, edges)]
    model = fitted(_recipe(name, {"n_estimators": 40}), _FRAME, labels)
    assert model.classes_.tolist() == sorted(values)
    assert np.mean(model.predict(_FRAME) == labels) > 0.95
    likely = answers(model, _recipe(name), _FRAME, np.unique(labels)).argmax(axis=1)
    assert np.array_equal(np.unique(labels)[likely], model.predict(_FRAME))


@pytest.mark.parametrize("name", BOOSTER_NAMES)
def test_a_missing_number_is_a_value_of_its_own(name: str) -> None:
    is_missing = np.arange(_ROWS) % 3 == 0
    frame = _FRAME.assign(wind=np.where(is_missing, np.nan, 1.0))
    of_a_number = ALLOWED[name].task is Task.REGRESSION
    labels = np.where(is_missing, 5.0, 1.0) if of_a_number else is_missing
    model = fitted(_recipe(name, {"n_estimators": 40}), frame, labels)
    found = model.predict(frame)
    assert np.array_equal(found > 3 if of_a_number else found, is_missing)


@pytest.mark.parametrize("name", _CLASSIFIERS)
def test_a_booster_is_calibrated_voted_with_and_written_like_others(name: str) -> None:
    booster = _recipe(name).model_copy(update={"candidate": "booster"})
    other = _recipe("sklearn.linear_model.LogisticRegression", {}).model_copy(
        update={"candidate": "other"}
    )
    calibrated = booster.model_copy(
        update={"calibration": Calibration(method=CalibrationMethod.SIGMOID, folds=2)}
    )
    members = [{"candidate": "booster"}, {"candidate": "other"}]
    vote = Ensemble.model_validate({"name": "both", "kind": "Voting", "members": members})
    labels = np.where(_WIND > 0, "yes", "no")
    values = np.array(["no", "yes"])
    groups = Groups(np.arange(_ROWS) // 10 * DAY, are_times=True)
    together = ensemble_recipe(vote, {"booster": calibrated, "other": other})
    for recipe in (calibrated, together):
        model = fitted(recipe, _FRAME, labels, groups)
        found = answers(model, recipe, _FRAME, values)
        loaded = read_model(model_bytes(model), "model.skops")
        assert np.array_equal(answers(loaded, recipe, _FRAME, values), found)
        assert np.mean(values[found.argmax(axis=1)] == labels) > 0.95
        assert slowness(model) == (2.0 if recipe is together else 1.0)


@pytest.mark.parametrize("name", BOOSTER_NAMES)
def test_more_threads_give_the_same_bytes(name: str) -> None:
    labels = _WIND if ALLOWED[name].task is Task.REGRESSION else _WIND > 0
    files = []
    for threads in (1, 2):
        with up_to_threads(threads):
            files.append(model_bytes(fitted(_recipe(name), _FRAME, labels)))
    assert files[0] == files[1]


def test_parameters_that_do_not_go_together_are_a_fault_of_the_candidate() -> None:
    with pytest.raises(TrainerError) as caught:
        fitted(_recipe(LIGHTGBM, {"boosting_type": "rf"}), _FRAME, _WIND > 0)
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith(
        "candidate 'one': lightgbm refused to fit lightgbm.LGBMClassifier on 300 rows: "
    )
