"""A run fits with the threads that its pod asks for, and answers with one."""

import json
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import recipe_of
from tests.unit.trainer.trainings import FOLDER, Train, columns_of
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # it ships no types

from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.thread_count import thread_count
from tidewheel_trainer.train import pipelines
from tidewheel_trainer.train.estimator_list import BOOSTING, FOREST
from tidewheel_trainer.train.estimators import estimator
from tidewheel_trainer.train.model_file import model_bytes
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.threads import one_thread, up_to_threads


def used() -> tuple[set[int], int]:
    """Return the threads of BLAS and OpenMP, and those of scikit-learn's own loops."""
    return {each["num_threads"] for each in threadpool_info()}, joblib.effective_n_jobs(None)


@pytest.mark.parametrize(
    ("environment", "threads"),
    [
        pytest.param({}, 1, id="not told"),
        pytest.param({"TIDEWHEEL_THREADS": "1"}, 1, id="half a core, which Kubernetes rounds up"),
        pytest.param({"TIDEWHEEL_THREADS": "12"}, 12, id="twelve cores"),
        pytest.param({"TIDEWHEEL_THREADS": "0"}, 1, id="no core"),
        pytest.param({"TIDEWHEEL_THREADS": "two"}, 1, id="no number"),
    ],
)
def test_threads_are_what_kubernetes_tells(environment: dict[str, str], threads: int) -> None:
    assert thread_count(environment) == threads


def test_all_libraries_use_the_same_number_of_threads_and_go_back() -> None:
    before = used()
    with up_to_threads(2):
        fitting = used()
        with one_thread():
            answering = used()
        assert used() == fitting
    assert (fitting, answering, used()) == (({2}, 2), ({1}, 1), before)


def test_answers_are_given_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []

    class Watched:
        classes_ = np.array([False, True])

        def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
            found.append(used())
            return np.full((len(frame), 2), 0.5)

    recipe = recipe_of(BOOSTING, {}, numeric=("wind",), categorical=())
    with up_to_threads(2):
        model: Any = Watched()
        pipelines.answers(model, recipe, pd.DataFrame({"wind": [1.0]}), model.classes_)
    assert found == [({1}, 1)]


@pytest.mark.parametrize("estimator", [BOOSTING, FOREST])
def test_more_threads_give_trees_of_the_same_bytes(estimator: str) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"wind": random.normal(size=2000), "heat": random.normal(size=2000)})
    recipe = recipe_of(estimator, {}, numeric=("wind", "heat"), categorical=())
    files = []
    for threads in (1, 2):
        with up_to_threads(threads):
            files.append(model_bytes(fitted(recipe, frame, frame["wind"].to_numpy() > 0)))
    assert files[0] == files[1]


@pytest.fixture
def surroundings(surroundings: Surroundings) -> Surroundings:
    return replace(surroundings, threads=2)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[int], int]]:
    """Return what every fit may use, as fits come."""
    seen: list[tuple[set[int], int]] = []

    def watched(*arguments: Any) -> Any:
        seen.append(used())
        return estimator(*arguments)

    monkeypatch.setattr(pipelines, "estimator", watched)
    return seen


@pytest.mark.parametrize("search", [None, {"method": "Random", "trials": 2}], ids=["one", "many"])
def test_a_run_fits_with_its_threads_and_its_lineage_counts_them(
    store: Any, snapshot: Any, trained: Train, fits: list[Any], search: dict[str, Any] | None
) -> None:
    trained(snapshot(columns_of(0, 20)), search=search)
    assert fits[0] == ({2}, 2)
    assert all(fit == fits[0] for fit in fits)
    assert json.loads(store.objects[f"{FOLDER}/uid-1/lineage.json"])["threads"] == 2
