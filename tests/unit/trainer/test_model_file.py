"""Model files: the same fit gives the same bytes, and nothing but our types is loaded."""

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.svm import SVC, SVR
from tests.unit.trainer.recipes import BOOSTED, NETWORK, NUMBER_BOOSTED, SMALL, recipe_of
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from tidewheel_contracts.api.v1alpha1.ensembles import (
    Calibration,
    CalibrationMethod,
    Ensemble,
    Member,
)
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.trusted_types import (
    TRUSTED_LOADERS,
    TRUSTED_TYPES,
    unlisted_types,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipe
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, FOREST, LOGISTIC
from tidewheel_trainer.train.inner_folds import Groups
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.pipelines import answers, fitted

CLASSIFICATION, REGRESSION = Task.CLASSIFICATION, Task.REGRESSION
# Parameters that bring other parts into a file.
_VARIANTS: list[tuple[str, dict[str, Any]]] = [
    (BOOSTED, {"loss": "exponential", "n_iter_no_change": 2}),
    (NETWORK, {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 3000}),
    (NETWORK, {"solver": "lbfgs", "hidden_layer_sizes": [3], "max_iter": 9000}),
    (FOREST, {"oob_score": True, "criterion": "entropy", "ccp_alpha": 0.01}),
    (
        "sklearn.ensemble.BaggingClassifier",
        {"n_estimators": 40, "oob_score": True, "bootstrap_features": True},
    ),
    ("sklearn.linear_model.SGDClassifier", {"loss": "modified_huber", "average": True}),
    ("sklearn.linear_model.SGDClassifier", {"learning_rate": "adaptive", "eta0": 0.1}),
    (LOGISTIC, {"solver": "saga", "l1_ratio": 0.5, "max_iter": 4000}),
    ("sklearn.neighbors.KNeighborsClassifier", {"metric": "manhattan", "weights": "distance"}),
    ("sklearn.discriminant_analysis.LinearDiscriminantAnalysis", {"solver": "eigen"}),
    (BOOSTING, {"early_stopping": True, "class_weight": "balanced"}),
]
_HISTOGRAM = "sklearn.ensemble.HistGradientBoostingRegressor"
_NUMBER_VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *((_HISTOGRAM, {"max_iter": 3, "loss": loss}) for loss in ("absolute_error", "gamma")),
    (_HISTOGRAM, {"max_iter": 3, "loss": "quantile", "quantile": 0.3}),
    (NUMBER_BOOSTED, {"n_estimators": 3, "loss": "huber", "n_iter_no_change": 2}),
    ("sklearn.linear_model.LinearRegression", {"positive": True}),
    ("sklearn.linear_model.Ridge", {"solver": "sag"}),
    ("sklearn.linear_model.SGDRegressor", {"loss": "epsilon_insensitive", "average": True}),
    ("sklearn.linear_model.TweedieRegressor", {"power": 1.5}),
    ("sklearn.neighbors.KNeighborsRegressor", {"metric": "manhattan", "weights": "distance"}),
    (
        "sklearn.neural_network.MLPRegressor",
        {"solver": "sgd", "hidden_layer_sizes": [3], "max_iter": 3000},
    ),
    ("sklearn.dummy.DummyRegressor", {"strategy": "median"}),
]
_CLASS_KINDS = ("bool", "integer", "text", "three")
_OF_CLASSES = [
    *((name, SMALL.get(name, {})) for name in ALLOWED if ALLOWED[name].task is CLASSIFICATION),
    *_VARIANTS,
]
_OF_A_NUMBER = [
    *((name, SMALL.get(name, {})) for name in ALLOWED if ALLOWED[name].task is REGRESSION),
    *_NUMBER_VARIANTS,
]
# An exponential loss knows two classes only.
_CASES = [
    *(
        (name, parameters, kind)
        for name, parameters in _OF_CLASSES
        for kind in _CLASS_KINDS
        if kind != "three" or parameters.get("loss") != "exponential"
    ),
    *((name, parameters, "number") for name, parameters in _OF_A_NUMBER),
]


def _frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    numbers = random.normal(size=400)
    numbers[::9] = np.nan
    texts = pd.Series(
        random.choice(np.array(["a", "b", "c", None], dtype=object), 400), dtype=object
    )
    words = [f"flight {n % 7} was late by {n % 61} minutes" for n in range(399)]
    notes = pd.Series([*words, None], dtype=object)
    days = [None, *(f"2013-01-{1 + n % 31:02}T{n % 24:02}:00:00Z" for n in range(399))]
    columns = {"number": numbers, "other": random.random(400), "text": texts, "note": notes}
    return pd.DataFrame(columns | {"booked": pd.Series(days, dtype=object)})


def _recipe(
    estimator: str, parameters: dict[str, Any] | None = None, **columns: tuple[str, ...]
) -> Recipe:
    given = SMALL.get(estimator, {}) if parameters is None else parameters
    return recipe_of(
        estimator, given, numeric=("number", "other"), categorical=("text",), **columns
    )


def _texts() -> list[Recipe]:
    """Return recipes that read text by all its words, and by their components; and dates."""
    return [_recipe(name, text=("note",), dates=("booked",)) for name in (LOGISTIC, BOOSTING)]


def _coded_numbers() -> list[Recipe]:
    """Return recipes that read a column of numbers, some of them missing, by its categories."""
    columns: dict[str, Any] = {"numeric": ("other",), "categorical": ("text", "number")}
    return [recipe_of(name, SMALL.get(name, {}), **columns) for name in (LOGISTIC, BOOSTING)]


def _calibrated(kind: str) -> list[Recipe]:
    """Return recipes whose probabilities are put right: by scores, by probabilities, of trees."""
    return [
        _recipe(name).model_copy(update={"calibration": Calibration(method=method, folds=2)})
        for name in (LOGISTIC, FOREST, BOOSTING)
        for method in CalibrationMethod
        if kind != "number"
    ]


def _ensembles(kind: str) -> list[Recipe]:
    """Return an ensemble of each kind; one member is calibrated where there are classes."""
    regressors = ("sklearn.linear_model.Ridge", "sklearn.ensemble.RandomForestRegressor")
    names = regressors if kind == "number" else (LOGISTIC, FOREST)
    alone = {
        name: _recipe(estimator).model_copy(update={"candidate": name})
        for name, estimator in zip(("one", "two"), names, strict=True)
    }
    if kind != "number":
        alone["two"] = alone["two"].model_copy(update={"calibration": Calibration(folds=2)})
    members = [Member(candidate="one"), Member(candidate="two", weight="0.5")]
    voting = Ensemble(name="both", kind="Voting", members=members)
    unweighed = [Member(candidate="one"), Member(candidate="two")]
    stacking = Ensemble(name="both", kind="Stacking", members=unweighed, folds=2)
    return [ensemble_recipe(each, alone) for each in (voting, stacking)]


def _folded(kind: str) -> list[Recipe]:
    return [*_calibrated(kind), *_ensembles(kind)]


_GROUPS = Groups(np.arange(400, dtype=np.uint64) * 10_000, are_times=False)


def _labels(kind: str) -> np.ndarray:
    random = np.random.default_rng(1)
    late = random.random(400) < 0.3
    return {
        "bool": late,
        "integer": late.astype(np.int64),
        "text": np.where(late, "yes", "no"),
        "three": random.choice(["yes", "no", "maybe"], 400),
        "number": np.where(late, 7.5, 1.5) + random.random(400),
    }[kind]


def _of(estimator: str) -> np.ndarray:
    """Return labels that the estimator predicts."""
    return _labels("text" if ALLOWED[estimator].task is CLASSIFICATION else "number")


def _values(labels: np.ndarray) -> np.ndarray:
    return np.empty(0) if labels.dtype == np.float64 else np.unique(labels)


def _schema(data: bytes) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("schema.json"))
    return schema


def digests() -> list[str]:
    """Return the digest of one model file per estimator; another process calls this too."""
    recipes = [*(_recipe(name) for name in ALLOWED), *_texts()]
    folded = [(each, kind) for kind in ("text", "number") for each in _folded(kind)]
    # Sums of more threads end in other bits; the version says how many threads fitted it.
    with threadpool_limits(1):
        files = [model_bytes(fitted(each, _frame(), _of(each.estimator))) for each in recipes]
        files += [
            model_bytes(fitted(each, _frame(), _labels(kind), _GROUPS)) for each, kind in folded
        ]
    return [hashlib.sha256(data).hexdigest() for data in files]


def test_the_same_fit_gives_the_same_bytes_in_two_processes() -> None:
    program = (
        "import importlib.util as u, json; s = u.spec_from_file_location('t', "
        f"{__file__!r}); m = u.module_from_spec(s); s.loader.exec_module(m); "
        "print(json.dumps(m.digests()))"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHASHSEED": "1",
        "MALLOC_PERTURB_": "85",  # other memory than ours: bytes that nobody set would show
    }
    other = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(other.stdout) == digests()


@pytest.mark.parametrize(("estimator", "parameters", "kind"), _CASES)
def test_a_file_answers_as_the_fit_it_was_written_from(
    estimator: str, parameters: dict[str, Any], kind: str
) -> None:
    recipe, frame, labels = _recipe(estimator, parameters), _frame(), _labels(kind)
    model = fitted(recipe, frame, labels)
    loaded = read_model(model_bytes(model), "model.skops")
    expected = answers(model, recipe, frame, _values(labels))
    assert np.array_equal(answers(loaded, recipe, frame, _values(labels)), expected)
    assert np.array_equal(loaded.predict(frame), model.predict(frame))


@pytest.mark.parametrize("kind", [*_CLASS_KINDS, "number"])
def test_files_of_calibrated_fits_and_ensembles_answer_as_the_fits(kind: str) -> None:
    frame, labels = _frame(), _labels(kind)
    for recipe in _folded(kind):
        model = fitted(recipe, frame, labels, _GROUPS)
        loaded = read_model(model_bytes(model), "model.skops")
        expected = answers(model, recipe, frame, _values(labels))
        assert np.array_equal(answers(loaded, recipe, frame, _values(labels)), expected)
        assert np.array_equal(loaded.predict(frame), model.predict(frame))


@pytest.mark.parametrize("estimator", list(ALLOWED))
def test_unseen_and_missing_categories_are_answered_alike(estimator: str) -> None:
    recipe, frame, labels = _recipe(estimator), _frame(), _of(estimator)
    model = fitted(recipe, frame, labels)
    rows = pd.DataFrame({"number": 0.0, "other": 0.5, "text": ["unseen", None, np.nan]})
    rows["text"] = rows["text"].astype(object)
    assert len(np.unique(answers(model, recipe, rows, _values(labels)), axis=0)) == 1


def test_files_of_fits_on_categories_that_are_numbers_answer_as_the_fits() -> None:
    frame, labels = _frame(), _labels("bool")
    for recipe in _coded_numbers():
        model = fitted(recipe, frame, labels)
        loaded = read_model(model_bytes(model), "model.skops")
        expected = answers(model, recipe, frame, _values(labels))
        assert np.array_equal(answers(loaded, recipe, frame, _values(labels)), expected)


def test_the_list_names_what_our_pipelines_hold_and_nothing_else() -> None:
    types: set[str] = set()
    loaders: set[str] = set()
    cases = [(_recipe(name, parameters), kind) for name, parameters, kind in _CASES]
    folded = [(each, kind) for kind in ("bool", "number") for each in _folded(kind)]
    read = [(each, "bool") for each in (*_texts(), *_coded_numbers())]
    for recipe, kind in [*cases, *folded, *read]:
        model = fitted(recipe, _frame(), _labels(kind), _GROUPS)
        waiting: list[Any] = [_schema(model_bytes(model))]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                waiting.extend(value.values())
                if "__loader__" in value:
                    types.add(f"{value['__module__']}.{value['__class__']}")
                    loaders.add(value["__loader__"])
            elif isinstance(value, list):
                waiting.extend(value)
    assert (types, loaders) == (set(TRUSTED_TYPES), set(TRUSTED_LOADERS))


def test_a_pickle_with_another_name_is_refused() -> None:
    with pytest.raises(TrainerError) as caught:
        read_model(pickle.dumps({"a": 1}), "models/model.skops")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ARTIFACT_DAMAGED,
        "'models/model.skops' is not a skops file; restore it",
    )


@pytest.mark.parametrize("kind", [SVC, SVR])
def test_a_type_that_skops_trusts_but_we_do_not_is_refused(kind: Any) -> None:
    model = kind().fit(np.zeros((9, 1)), np.arange(9) % 2)
    with pytest.raises(TrainerError) as caught:
        read_model(skops.io.dumps(model), "models/model.skops")
    assert caught.value.reason is FailureReason.ARTIFACT_DAMAGED
    assert "not on the list of trusted types" in caught.value.message


@pytest.mark.parametrize(
    ("schema", "unlisted"),
    [
        (
            {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
            ("loader FunctionNode", "os.system"),
        ),
        (
            {"content": [{"deep": {"__class__": "dict", "__module__": "evil"}}]},
            ("evil.dict",),
        ),
        ({"__loader__": "MethodNode"}, ("loader MethodNode",)),
        ({"__class__": "str"}, ("None.str",)),
    ],
)
def test_unlisted_types_are_found_wherever_they_hide(
    schema: dict[str, Any], unlisted: tuple[str, ...]
) -> None:
    assert unlisted_types(schema) == unlisted
