"""A changed recipe must be better than the champion's, in two windows in a row."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.decision import Answer, Decision, Judgement
from tidewheel_trainer.train.gate.order import Measured, decided, judge
from tidewheel_trainer.train.gate.recipe import RecipeChange, change_decision, judge_change
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import MEASURES

AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]
NOT_WORSE = Judgement(Verdict.PASSED, "NotWorse", "not worse")
PARTS = ("another estimator", "other columns")
FEW = Shortage("the test rows are 600")


def areas(difference: float, error: float) -> Comparison:
    return Comparison(AUC, 0.7 + difference, 0.7, difference, error, clusters=31)


def errors(difference: float, error: float) -> Comparison:
    return Comparison(MAE, 50 + difference, 50.0, difference, error, clusters=31)


def judged(newest: Comparison, before: Comparison | Shortage | None) -> Judgement:
    return judge_change(NOT_WORSE, RecipeChange(PARTS, newest, before))


@pytest.mark.parametrize(
    ("newest", "before", "verdict"),
    [
        # With an error of .01 the gain must be above .01645.
        pytest.param(areas(0.0165, 0.01), areas(0.0165, 0.01), Verdict.PASSED, id="better twice"),
        pytest.param(areas(0.0164, 0.01), None, Verdict.REFUSED, id="not surely in the newest"),
        pytest.param(areas(0.1, 0.01), areas(0.0164, 0.01), Verdict.REFUSED, id="once by chance"),
        pytest.param(areas(0.1, 0.01), areas(-0.1, 0.01), Verdict.REFUSED, id="worse before"),
        pytest.param(areas(0.1, 0.01), FEW, Verdict.REFUSED, id="too few rows before"),
        pytest.param(areas(0.0, 0.0), None, Verdict.REFUSED, id="a tie proves nothing"),
        pytest.param(areas(0.1, np.inf), None, Verdict.REFUSED, id="one cluster proves nothing"),
        pytest.param(errors(-2.0, 1.0), errors(-2.0, 1.0), Verdict.PASSED, id="a smaller error"),
        pytest.param(errors(2.0, 1.0), None, Verdict.REFUSED, id="a larger error"),
    ],
)
def test_a_changed_recipe_passes_when_it_is_surely_better_in_both_windows(
    newest: Comparison, before: Comparison | Shortage | None, verdict: Verdict
) -> None:
    assert judged(newest, before).verdict is verdict


def test_the_sentence_of_a_proof_has_the_numbers_of_both_windows() -> None:
    assert judged(areas(0.03, 0.01), areas(0.04, 0.01)) == Judgement(
        Verdict.PASSED,
        "RecipeProven",
        "not worse; with another estimator and other columns the difference is at least +0.0135 "
        "with 95 % confidence over 31 clusters; in the window before 0.740, the champion's recipe "
        "0.700, difference +0.040, at least +0.0236 with 95 % confidence over 31 clusters",
    )


def test_the_sentence_of_a_refusal_says_what_is_asked_and_how_to_ask_for_less() -> None:
    assert judged(errors(-2.0, 2.0), None) == Judgement(
        Verdict.REFUSED,
        "RecipeUnproven",
        "not worse; with another estimator and other columns the difference is at most +1.29 with "
        "95 % confidence over 31 clusters; a changed recipe must be better in both windows, unless "
        "`gate.changedRecipe` is NotWorse",
    )


QUESTION = "Is a changed recipe better, in two windows in a row?"


def test_the_test_of_a_recipe_has_the_numbers_of_both_windows() -> None:
    change = RecipeChange(("other weights",), areas(0.03, 0.01), areas(0.01, 0.01))
    assert change_decision(change) == Decision(
        "recipe",
        QUESTION,
        Answer.NO,
        "with other weights the difference is at least +0.0135 with 95 % confidence over 31 "
        "clusters; in the window before 0.710, the champion's recipe 0.700, difference +0.010, at "
        "least -0.0064 with 95 % confidence over 31 clusters",
        (
            ("difference", 0.03),
            ("standard_error", 0.01),
            ("difference_before", 0.01),
            ("standard_error_before", 0.01),
        ),
    )


def test_a_second_window_of_too_few_rows_is_told() -> None:
    change = RecipeChange(("other weights",), areas(0.03, 0.01), FEW)
    assert change_decision(change) == Decision(
        "recipe",
        QUESTION,
        Answer.TOO_FEW,
        "with other weights the difference is at least +0.0135 with 95 % confidence over 31 "
        "clusters; in the window before it could not be compared: the test rows are 600",
        (("difference", 0.03), ("standard_error", 0.01)),
    )


def test_a_change_that_another_test_refused_before_is_not_reached() -> None:
    worse = areas(-0.1, 0.001)
    measured = Measured(AUC, 0.6, 24_011)
    judgement = judge(measured, worse, with_what=ComparedWith.MODEL)
    decisions = {each.name: each for each in decided(measured, worse, judgement, (), changed=PARTS)}
    assert decisions["recipe"] == Decision("recipe", QUESTION, Answer.NOT_REACHED)


@pytest.mark.parametrize(
    ("newest", "before", "answer"),
    [
        (areas(0.1, 0.01), areas(0.1, 0.01), Answer.YES),
        (Comparison(AUC, 0.7, 0.7, 0.0, 0.0, clusters=31, alike=True), None, Answer.NO),
    ],
    ids=["proven", "tie"],
)
def test_a_change_that_is_no_worse_is_answered_by_its_proof_alone(
    newest: Comparison, before: Comparison | None, answer: Answer
) -> None:
    measured = Measured(AUC, newest.candidate, 24_011)
    change = RecipeChange(PARTS, newest, before)
    judgement = judge_change(judge(measured, newest, with_what=ComparedWith.MODEL), change)
    decisions = decided(measured, newest, judgement, (), changed=PARTS, change=change)
    assert [(each.name, each.answer, each.found != "") for each in decisions] == [
        ("rows", Answer.YES, True),
        ("champion", Answer.YES, True),
        ("recipe", answer, True),
        ("tie", Answer.NOT_ASKED, False),
    ]
