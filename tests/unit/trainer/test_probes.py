"""Probes hold what tells an engine from scikit-learn, as clients send it, and not too many."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import recipe_of

from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_trainer.train.client_rows import Columns
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.probes import probes

ROWS = 300
RANDOM = np.random.default_rng(0)
INPUTS = (
    ModelInput(name="wind", datatype="FP64", kind="Numeric"),
    ModelInput(name="seats", datatype="INT64", kind="Numeric"),
    ModelInput(name="night", datatype="BOOL", kind="Numeric"),
    ModelInput(name="carrier", datatype="BYTES", kind="Categorical"),
    ModelInput(name="booked", datatype="BYTES", kind="Date"),
)
FRAME = pd.DataFrame(
    {
        "wind": RANDOM.normal(size=ROWS),
        "seats": RANDOM.integers(50, 400, ROWS).astype(float),
        "night": (RANDOM.random(ROWS) < 0.5).astype(float),
        "carrier": pd.Series(RANDOM.choice(["AA", "B6", "UA"], ROWS), dtype=object),
        "booked": pd.Series([f"2013-01-{1 + n % 28:02}" for n in range(ROWS)], dtype=object),
    }
)
MODEL = fitted(
    recipe_of(
        "sklearn.tree.DecisionTreeClassifier",
        {},
        numeric=("wind", "seats", "night"),
        categorical=("carrier",),
        dates=("booked",),
    ),
    FRAME,
    FRAME["wind"].to_numpy() > 0.3,
)


def made(count: int = 2000, seed: int = 3) -> Columns:
    return probes(MODEL, FRAME, INPUTS, count, seed)


def test_values_are_of_the_datatypes_that_clients_send() -> None:
    kinds = [{type(value) for value in values} for values in made()]

    missing = type(None)
    assert kinds == [
        {float, missing},
        {int, missing},
        {bool, missing},
        {str, missing},
        {str, missing},
    ]
    assert all(math.isfinite(value) for value in made()[0] if isinstance(value, float))


def test_ends_zero_and_far_values_of_each_number_are_there() -> None:
    wind, seats, *_ = made()

    least, most = FRAME["wind"].min(), FRAME["wind"].max()
    assert {least, most, 0.0, least - 1e9, most + 1e9, 1e30, 1e39} <= set(wind)
    assert {FRAME["seats"].min(), FRAME["seats"].max() + 1e9, 10**18, -(10**18)} <= set(seats)


def test_every_value_is_missing_alone_and_all_together() -> None:
    rows = list(zip(*made(), strict=True))

    assert (None,) * 5 in rows
    alone = {row.index(None) for row in rows if row.count(None) == 1}
    assert alone == {0, 1, 2, 3, 4}


def test_known_and_unknown_words_are_there() -> None:
    *_, carriers, booked = made()

    assert {"AA", "B6", "UA", "an unseen category", "", None} <= set(carriers)
    assert {"1900-01-01", "2024-02-29T00:30:00+05:30", "", "now", None} <= set(booked)


def test_thresholds_come_with_their_neighbours_in_both_precisions() -> None:
    tree = MODEL[-1].tree_
    root = float(tree.threshold[0])

    wind = set(made()[0])

    single = np.float32(root)
    expected = {
        root,
        np.nextafter(root, -np.inf),
        np.nextafter(root, np.inf),
        float(np.nextafter(single, np.float32(-np.inf))),
        float(np.nextafter(single, np.float32(np.inf))),
    }
    assert tree.feature[0] == 0
    assert expected <= wind


def test_the_same_seed_draws_the_same_and_another_seed_others() -> None:
    assert made() == made()
    assert made(seed=4) != made()


@pytest.mark.parametrize("count", [1, 2, 7, 50, 2000])
def test_there_are_no_more_than_asked_for(count: int) -> None:
    columns = made(count)

    assert len({len(values) for values in columns}) == 1
    assert 1 <= len(columns[0]) <= count


def test_column_without_any_value_is_probed_too() -> None:
    frame: Any = FRAME.assign(wind=np.nan)

    wind = probes(MODEL, frame, INPUTS, 500, 3)[0]

    assert {0.0, 1.0, 1e30, None} <= set(wind)
