"""Answers are counted into the bins of the profile's prediction."""

from typing import Any

import numpy as np
import pytest

from tidewheel_contracts.artifact.profile import CategoryShare, PredictionProfile
from tidewheel_contracts.serving_counts import PredictionCounts
from tidewheel_server.engines.engine import Outputs
from tidewheel_server.monitoring.prediction_bins import PredictionBins

QUANTILES = PredictionProfile(rows=9, mean=0.5, edges=(0.25, 0.5, 0.75), shares=(0.5, 0.5))


def probabilities(rows: list[list[float]]) -> Outputs:
    return {"probability": np.array(rows), "predict": np.zeros(len(rows))}


@pytest.mark.parametrize("order", ["C", "F"])
def test_of_two_classes_the_probability_of_the_second_counts(order: Any) -> None:
    bins = PredictionBins(QUANTILES, class_count=2)
    rows = [[0.875, 0.125], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.0, 1.0]]

    first: Outputs = {"probability": np.array(rows, order=order)}
    bins.count(bins.kept(first) + bins.kept(probabilities([[0.5, 0.5]])))

    assert bins.counts() == PredictionCounts(below=1, bins=(1, 3), above=1, value_sum=3.125)


def test_of_more_classes_the_most_probable_one_counts() -> None:
    classes = tuple(CategoryShare(value=text, share=0.25) for text in ("a", "b", "c"))
    bins = PredictionBins(PredictionProfile(rows=9, classes=classes), class_count=3)

    bins.count(bins.kept(probabilities([[0.1, 0.2, 0.7], [0.4, 0.4, 0.2], [0.0, 0.0, 1.0]])))

    assert bins.counts() == PredictionCounts(bins=(1, 0, 2))


def test_of_a_number_the_number_counts() -> None:
    bins = PredictionBins(QUANTILES, class_count=0)

    bins.count(bins.kept({"predict": np.array([-1.0, 0.5, 2.0])}))

    assert bins.counts() == PredictionCounts(below=1, bins=(0, 1), above=1, value_sum=1.5)


def test_prediction_that_was_the_same_in_every_test_row_has_one_bin() -> None:
    profile = PredictionProfile(rows=9, mean=0.5, edges=(0.5,), shares=(1.0,))
    bins = PredictionBins(profile, class_count=0)

    bins.count(bins.kept({"predict": np.array([0.25, 0.5, 0.5, 0.75])}))

    assert bins.counts() == PredictionCounts(below=1, bins=(2,), above=1, value_sum=2.0)
