"""Whether rows are enough to judge by."""

import pytest

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Counts, Shortage, shortage

ONE, TWO = ONE_MODEL[Task.CLASSIFICATION], TWO_MODELS[Task.CLASSIFICATION]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Counts(120, 40, 31, "the rarer class"), id="120 labelled rows"),
        pytest.param(Counts(5000, 99, 31, "the rarer class"), id="99 rows of the rarer class"),
        pytest.param(Counts(5000, 900, 9, "the rarer class"), id="nine days"),
    ],
)
def test_too_few_rows_to_compare_two_models_are_a_shortage(found: Counts) -> None:
    assert shortage(found, TWO, "days") == Shortage(
        f"the test rows are {found.rows:,} with {found.rare_rows} of the rarer class on "
        f"{found.clusters} days; a comparison needs 1,000, 100 and 10"
    )


def test_exactly_enough_rows_are_no_shortage() -> None:
    assert shortage(Counts(1000, 100, 10, "the rarer class"), TWO, "days") is None


def test_a_model_alone_needs_as_many_rows_and_no_clusters() -> None:
    assert shortage(Counts(1000, 100, 1, "the rarer class"), ONE, "days") is None
    assert shortage(Counts(999, 100, 1, "the rarer class"), ONE, "days") == Shortage(
        "the test rows are 999 with 100 of the rarer class; a judgement needs 1,000 and 100"
    )


@pytest.mark.parametrize(
    ("found", "needed"),
    [
        (Counts(499, 0, 31, ""), "499 on 31"),
        (Counts(700, 0, 9, ""), "700 on 9"),
    ],
)
def test_a_number_needs_500_rows_and_ten_days(found: Counts, needed: str) -> None:
    assert shortage(found, TWO_MODELS[Task.REGRESSION], "days") == Shortage(
        f"the test rows are {needed} days; a comparison needs 500 and 10"
    )
    assert shortage(Counts(500, 0, 10, ""), TWO_MODELS[Task.REGRESSION], "days") is None
