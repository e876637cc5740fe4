"""What scikit-learn says of the probes is kept, its refusals among it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import SMALL, recipe_of
from tests.unit.trainer.trainings import FOLDER, Train, columns_of, target_of

from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_trainer.train.client_rows import served_frame
from tidewheel_trainer.train.estimator_list import ALLOWED
from tidewheel_trainer.train.parity import parity
from tidewheel_trainer.train.pipelines import fitted

ROWS = 300
RANDOM = np.random.default_rng(0)
INPUTS = (
    ModelInput(name="wind", datatype="FP64", kind="Numeric"),
    ModelInput(name="carrier", datatype="BYTES", kind="Categorical"),
    ModelInput(name="booked", datatype="BYTES", kind="Date"),
)
FRAME = pd.DataFrame(
    {
        "wind": RANDOM.normal(10, 1, ROWS),
        "carrier": pd.Series(RANDOM.choice(["AA", "B6", "UA"], ROWS), dtype=object),
        "booked": pd.Series([f"2013-01-{1 + n % 28:02}" for n in range(ROWS)], dtype=object),
    }
)
FIRST = ((7.25, 1e39), ("B6", "B6"), ("2013-01-07", "2013-01-07"))
FOREST = "sklearn.ensemble.RandomForestClassifier"


def recipe(estimator: str) -> Any:
    return recipe_of(
        estimator,
        SMALL.get(estimator, {}),
        numeric=("wind",),
        categorical=("carrier",),
        dates=("booked",),
    )


def made(estimator: str, limit_bytes: int = 2 * 1024 * 1024) -> tuple[Any, Parity]:
    """Return a fit and the parity file of it."""
    is_number = ALLOWED[estimator].task == "Regression"
    wind = FRAME["wind"].to_numpy()
    target = target_of(wind) if is_number else target_of((wind > 10).tolist())
    model = fitted(recipe(estimator), FRAME, target.labels)
    return model, parity(model, recipe(estimator), FRAME, INPUTS, target, FIRST, limit_bytes)


def test_answers_are_those_of_the_fit_to_the_bit() -> None:
    model, found = made(FOREST)

    taken = [place for place, label in enumerate(found.predicted) if label is not None]
    frame = served_frame(found.columns, INPUTS).iloc[taken]
    assert [found.predicted[place] for place in taken] == model.predict(frame).tolist()
    np.testing.assert_array_equal(
        [found.probabilities[place] for place in taken], model.predict_proba(frame)
    )
    assert Parity.model_validate_json(manifest_bytes(found)) == found


def test_rows_that_must_be_probes_come_first() -> None:
    _, found = made(FOREST)

    assert tuple(values[:2] for values in found.columns) == FIRST
    assert (found.predicted[0], found.predicted[1]) == (False, None)


def test_refused_probes_have_no_answer() -> None:
    _, found = made(FOREST)

    refused = [place for place, label in enumerate(found.predicted) if label is None]
    values = [tuple(column[place] for column in found.columns) for place in refused]
    assert {wind for wind, _, booked in values if booked not in ("", "now", "31.12.2024")} == {1e39}
    assert {booked for wind, _, booked in values if wind != 1e39} == {"", "now", "31.12.2024"}
    assert {found.probabilities[place] for place in refused} == {()}


@pytest.mark.parametrize("estimator", ALLOWED)
def test_every_estimator_has_probes(estimator: str) -> None:
    _, found = made(estimator)

    assert 600 < len(found.predicted) <= 2000
    assert found.predicted.count(None) < 30
    assert len(found.probabilities) == (
        0 if ALLOWED[estimator].task == "Regression" else len(found.predicted)
    )


@pytest.mark.parametrize(("limit", "least"), [(20_000, 100), (1000, 5), (10, 1)])
def test_probes_are_left_out_until_they_fit(limit: int, least: int) -> None:
    _, found = made(FOREST, limit)

    assert len(found.predicted) >= least
    assert len(manifest_bytes(found)) <= limit or len(found.predicted) == 1


def test_published_file_is_of_the_published_fit(store: Any, snapshot: Any, trained: Train) -> None:
    trained(snapshot(columns_of(0, 20)))

    found = Parity.model_validate_json(store.objects[f"{FOLDER}/uid-1/parity.json"])

    assert 1000 < len(found.predicted) <= 2000
    assert {True, False} <= set(found.predicted)
    asked = CheckRows.model_validate_json(store.objects[f"{FOLDER}/uid-1/check.json"])
    assert tuple(values[:200] for values in found.columns) == asked.columns
