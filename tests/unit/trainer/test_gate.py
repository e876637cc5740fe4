"""The gate against the regression cases 10 to 12 of reference/judgement.md."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName, Task
from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate import Judgement, Measured, judge, judge_tie, margin
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Counts, Shortage, shortage
from tidewheel_trainer.train.measures import MEASURES

AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]
LOG_LOSS = MEASURES[MetricName.LOG_LOSS]
ONE, TWO = ONE_MODEL[Task.CLASSIFICATION], TWO_MODELS[Task.CLASSIFICATION]


def _compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(AUC, champion + difference, champion, difference, error, clusters=31)


def _error_compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(MAE, champion + difference, champion, difference, error, clusters=31)


def _judged(compared: Comparison | None, *bounds: tuple[Bound, float]) -> Judgement:
    measure = AUC if compared is None else compared.measure
    value = 0.702 if compared is None else compared.candidate
    with_what = ComparedWith.NOTHING if compared is None else ComparedWith.MODEL
    return judge(Measured(measure, value, 24_011, bounds), compared, with_what=with_what)


@pytest.mark.parametrize(
    ("champion", "difference", "error", "verdict"),
    [
        pytest.param(0.702, 0.0, 0.0, Verdict.UNTESTED, id="a tie passes and is marked untested"),
        pytest.param(0.84, -0.05, 0.004, Verdict.REFUSED, id="noisy labels are refused"),
        pytest.param(0.968, -0.006, 0.0008, Verdict.REFUSED, id="the margin is small near one"),
        pytest.param(0.68, -0.006, 0.004, Verdict.REFUSED, id="an uncertain loss is refused"),
        pytest.param(0.68, -0.006, 0.002, Verdict.PASSED, id="a small and certain loss passes"),
        pytest.param(0.68, 0.02, 0.03, Verdict.REFUSED, id="an uncertain gain is refused"),
        pytest.param(0.68, 0.0, 0.002, Verdict.PASSED, id="equal areas of other models are tested"),
    ],
)
def test_a_candidate_passes_when_it_is_surely_not_much_worse(
    champion: float, difference: float, error: float, verdict: Verdict
) -> None:
    assert _judged(_compared(champion, difference, error)).verdict is verdict


@pytest.mark.parametrize(
    ("champion", "difference", "error", "verdict"),
    [
        # 1 % of 3.6 is .036; with an error of .01 the limit is .036 - .01282.
        pytest.param(3.6, 0.0231, 0.01, Verdict.PASSED, id="a small and certain loss passes"),
        pytest.param(3.6, 0.0233, 0.01, Verdict.REFUSED, id="an uncertain loss is refused"),
        pytest.param(3.6, -0.5, 0.1, Verdict.PASSED, id="a smaller error is better"),
        pytest.param(3.6, -0.5, 0.5, Verdict.REFUSED, id="an uncertain gain is refused"),
        pytest.param(0.0, 0.001, 0.0, Verdict.REFUSED, id="a champion without error"),
    ],
)
def test_an_error_may_be_one_hundredth_larger(
    champion: float, difference: float, error: float, verdict: Verdict
) -> None:
    assert _judged(_error_compared(champion, difference, error)).verdict is verdict


def test_the_margin_of_a_score_follows_the_headroom_up_to_one_hundredth() -> None:
    assert [margin(AUC, area) for area in (0.5, 0.968)] == pytest.approx([0.01, 0.00096])
    assert margin(MEASURES[MetricName.R2], -0.5) == 0.01


def test_the_margin_of_an_error_is_one_hundredth_of_it() -> None:
    assert [margin(each, 2500.0) for each in (MAE, LOG_LOSS)] == [25.0, 25.0]


def test_the_sentence_of_a_tie_has_the_numbers() -> None:
    tie = Comparison(AUC, 0.702, 0.702, 0.0, 0.0, clusters=31, alike=True)
    assert _judged(tie) == Judgement(
        Verdict.UNTESTED,
        "SameRecipe",
        "roc_auc 0.702 on 24,011 rows of the test window; champion 0.702; difference 0.000, tie: "
        "the same model met itself",
    )


def test_other_answers_that_no_row_tells_apart_are_a_tie_too() -> None:
    assert _judged(_compared(0.702, 0.0, 0.0)) == Judgement(
        Verdict.UNTESTED,
        "NoDifference",
        "roc_auc 0.702 on 24,011 rows of the test window; champion 0.702; difference 0.000, tie: "
        "no row tells the two models apart",
    )


def test_the_sentence_of_a_refusal_has_the_numbers() -> None:
    assert _judged(_compared(0.702, -0.04, 0.005)) == Judgement(
        Verdict.REFUSED,
        "WorseThanChampion",
        "roc_auc 0.662 on 24,011 rows of the test window; champion 0.702; difference -0.040, at "
        "least -0.0464 with 90 % confidence over 31 clusters; -0.0089 is allowed",
    )


def test_the_first_model_passes_without_a_champion() -> None:
    assert _judged(None) == Judgement(
        Verdict.PASSED,
        "FirstModel",
        "roc_auc 0.702 on 24,011 rows of the test window; there is no champion yet",
    )


def test_the_sentence_of_a_larger_error_has_the_numbers() -> None:
    assert _judged(_error_compared(3250.0, 81.25, 20.0)) == Judgement(
        Verdict.REFUSED,
        "WorseThanChampion",
        "mean_absolute_error 3331 on 24,011 rows of the test window; champion 3250; difference "
        "+81.25, at most +106.9 with 90 % confidence over 31 clusters; +32.5 is allowed",
    )


_TIE_OF_AREAS = Comparison(AUC, 0.702, 0.702, 0.0, 0.0, clusters=31, alike=True)


@pytest.mark.parametrize("compared", [None, _TIE_OF_AREAS], ids=["first", "tie"])
def test_below_the_minimum_everything_is_refused(compared: Comparison | None) -> None:
    assert _judged(compared, (Bound(AUC, minimum=0.75), 0.702)) == Judgement(
        Verdict.REFUSED,
        "ThresholdMissed",
        "roc_auc 0.702 on 24,011 rows of the test window; the gate asks for roc_auc of at least "
        "0.75 (found 0.7020)",
    )


def test_each_missed_threshold_is_named_with_numbers_and_a_met_one_is_not() -> None:
    judgement = _judged(
        None,
        (Bound(AUC, minimum=0.7), 0.702),
        (Bound(LOG_LOSS, maximum=0.5), 0.6125),
        (Bound(MEASURES[MetricName.F1], minimum=0.4), 0.39996),
    )
    assert judgement == Judgement(
        Verdict.REFUSED,
        "ThresholdMissed",
        "roc_auc 0.702 on 24,011 rows of the test window; the gate asks for log_loss of at most "
        "0.5 (found 0.6125); f1 of at least 0.4 (found 0.4000)",
    )


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        (Bound(AUC, minimum=0.7), 0.7),
        (Bound(LOG_LOSS, maximum=0.5), 0.5),
        (Bound(AUC, minimum=0.7), 0.9),
    ],
)
def test_a_threshold_that_is_just_reached_is_met(bound: Bound, value: float) -> None:
    assert _judged(None, (bound, value)).verdict is Verdict.PASSED


def test_a_value_that_is_no_number_meets_no_threshold() -> None:
    missed = [Bound(AUC, minimum=0.7).missed(np.nan), Bound(AUC, maximum=0.9).missed(np.nan)]
    assert missed == ["at least 0.7", "at most 0.9"]


def test_a_large_threshold_is_written_without_an_exponent() -> None:
    assert Bound(MAE, maximum=1_250_000.0).missed(2e6) == "at most 1250000"


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


def test_an_infinite_error_refuses() -> None:
    assert _judged(_compared(0.6, 0.1, np.inf)).verdict is Verdict.REFUSED


_TIE = Judgement(Verdict.UNTESTED, "SameRecipe", "tie")


@pytest.mark.parametrize(
    ("champion", "difference", "error", "verdict"),
    [
        # At .68 the margin is .0096, so with an error of .01 the limit is -.0096 - .01282.
        pytest.param(0.68, -0.0225, 0.01, Verdict.REFUSED, id="worse beyond doubt"),
        pytest.param(0.68, -0.0223, 0.01, Verdict.UNTESTED, id="worse by all that is seen"),
        pytest.param(0.68, -0.0097, 0.0, Verdict.REFUSED, id="just beyond the margin"),
        pytest.param(0.68, -0.0095, 0.0, Verdict.UNTESTED, id="just within the margin"),
        pytest.param(0.968, -0.0023, 0.001, Verdict.REFUSED, id="the margin is small near one"),
        pytest.param(0.68, 0.0, 0.0, Verdict.UNTESTED, id="a tie again"),
        pytest.param(0.68, 0.02, 0.001, Verdict.UNTESTED, id="better beyond doubt"),
        pytest.param(0.68, -0.2, np.inf, Verdict.UNTESTED, id="an error that says nothing"),
    ],
)
def test_a_tie_is_refused_only_when_it_is_proven_worse(
    champion: float, difference: float, error: float, verdict: Verdict
) -> None:
    assert judge_tie(_TIE, _compared(champion, difference, error)).verdict is verdict


def test_the_sentence_of_a_veto_has_the_numbers() -> None:
    assert judge_tie(_TIE, _compared(0.702, -0.04, 0.005)) == Judgement(
        Verdict.REFUSED,
        "ProvenWorse",
        "tie; on its last third, with the rest learned, 0.662; champion 0.702; difference -0.040, "
        "at most -0.0336 with 90 % confidence over 31 clusters; -0.0089 is allowed; look for "
        "spoiled labels or features in the newest rows",
    )


@pytest.mark.parametrize(
    ("last_third", "clause"),
    [
        pytest.param(
            _compared(0.702, 0.012, 0.005),
            "no veto: on its last third, with the rest learned, 0.714; champion 0.702; difference "
            "+0.012, at most +0.0184 with 90 % confidence over 31 clusters",
            id="not worse",
        ),
        pytest.param(
            Shortage("the test rows are 400"),
            "no veto test on its last third: the test rows are 400",
            id="too few rows",
        ),
        pytest.param(
            None,
            "no veto test, as the champion's recipe would learn the same rows",
            id="recipes were compared",
        ),
    ],
)
def test_an_untested_pass_says_how_its_veto_test_went(
    last_third: Comparison | Shortage | None, clause: str
) -> None:
    assert judge_tie(_TIE, last_third) == Judgement(
        Verdict.UNTESTED, "SameRecipe", f"tie; {clause}"
    )


def test_a_tie_of_errors_is_refused_when_its_recipe_is_proven_worse() -> None:
    assert judge_tie(_TIE, _error_compared(50.0, 4.0, 1.0)) == Judgement(
        Verdict.REFUSED,
        "ProvenWorse",
        "tie; on its last third, with the rest learned, 54; champion 50; difference +4, at least "
        "+2.718 with 90 % confidence over 31 clusters; +0.5 is allowed; look for spoiled labels or "
        "features in the newest rows",
    )
    assert judge_tie(_TIE, _error_compared(50.0, 1.7, 1.0)).verdict is Verdict.UNTESTED


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
