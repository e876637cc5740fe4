"""The gate in its order, and the regression cases 10 to 12 of reference/judgement.md."""

from dataclasses import replace

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.comparison import margin
from tidewheel_trainer.train.gate.decision import Answer, Decision, Judgement
from tidewheel_trainer.train.gate.order import (
    Measured,
    decided,
    judge,
    judge_limits,
    noted,
    too_few_rows,
)
from tidewheel_trainer.train.gate.thresholds import threshold_decisions
from tidewheel_trainer.train.gate.tie import judge_tie
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import MEASURES

AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]
LOG_LOSS = MEASURES[MetricName.LOG_LOSS]


def _compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(AUC, champion + difference, champion, difference, error, clusters=31)


def _error_compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(MAE, champion + difference, champion, difference, error, clusters=31)


def _judged(compared: Comparison | None, *bounds: tuple[Bound, float]) -> Judgement:
    measure = AUC if compared is None else compared.measure
    value = 0.702 if compared is None else compared.candidate
    with_what = ComparedWith.NOTHING if compared is None else ComparedWith.MODEL
    measured = Measured(measure, value, 24_011, threshold_decisions(bounds))
    return judge(measured, compared, with_what=with_what)


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


def test_an_infinite_error_refuses() -> None:
    assert _judged(_compared(0.6, 0.1, np.inf)).verdict is Verdict.REFUSED


SLICE = Decision(
    "slice night",
    "Reached?",
    Answer.NO,
    "420 rows",
    (),
    "SliceBelowThreshold",
    "f1 of at least 0.4",
)
CALIBRATION = Decision(
    "calibration", "Near?", Answer.NO, "gap", (), "CalibrationGap", "a gap of at most 0.05"
)
FEW = Decision("slice dawn", "Reached?", Answer.TOO_FEW, "9 rows, 100 are needed")
LIMIT = Decision(
    "limit modelBytes", "Kept?", Answer.NO, "7", (), "LimitExceeded", "modelBytes of at most 5"
)
ROWS = Decision("rows", "Are there rows enough to judge by?", Answer.YES, "24,011 test rows")
CHAMPION, TIE = (
    "Is it not worse than the champion?",
    "Is a tie free of harm in the newest rows?",
)


def test_all_that_is_asked_outright_and_missed_is_named_and_the_first_gives_the_reason() -> None:
    measured = Measured(AUC, 0.702, 24_011, (CALIBRATION, FEW, SLICE))
    better = _compared(0.6, 0.1, 0.001)
    assert judge(measured, better, with_what=ComparedWith.MODEL) == Judgement(
        Verdict.REFUSED,
        "CalibrationGap",
        "roc_auc 0.702 on 24,011 rows of the test window; the gate asks for a gap of at most 0.05; "
        "f1 of at least 0.4",
    )


def test_a_slice_of_too_few_rows_refuses_nothing() -> None:
    measured = Measured(AUC, 0.702, 24_011, (FEW,))
    assert judge(measured, None, with_what=ComparedWith.NOTHING).verdict is Verdict.PASSED


def test_a_refusal_names_twelve_and_counts_the_others() -> None:
    measured = Measured(AUC, 0.702, 24_011, (SLICE,) * 15)
    sentence = judge(measured, None, with_what=ComparedWith.NOTHING).sentence
    assert sentence.count("f1 of at least 0.4") == 12
    assert sentence.endswith("; f1 of at least 0.4; 3 more")


def test_a_published_fit_beyond_a_limit_is_refused_after_all_else_passed() -> None:
    passed = Judgement(Verdict.PASSED, "FirstModel", "roc_auc 0.702")
    assert judge_limits(passed, (LIMIT,)) == Judgement(
        Verdict.REFUSED,
        "LimitExceeded",
        "roc_auc 0.702; the gate asks for modelBytes of at most 5",
    )
    assert judge_limits(passed, (replace(LIMIT, answer=Answer.YES),)) == passed


def test_an_advice_ends_the_sentence() -> None:
    passed = Judgement(Verdict.PASSED, "FirstModel", "roc_auc 0.702")
    assert noted(passed, "Recalibrate").sentence == "roc_auc 0.702; Recalibrate"
    assert noted(passed, "") == passed


def _decided(
    compared: Comparison | None,
    *outright: Decision,
    last_third: Comparison | Shortage | None = None,
    limits: tuple[Decision, ...] = (),
) -> tuple[Decision, ...]:
    measured = Measured(AUC, 0.702, 24_011, outright)
    judgement = judge(measured, compared, with_what=ComparedWith.MODEL)
    if judgement.verdict is Verdict.UNTESTED:
        judgement = judge_tie(judgement, last_third)
    return decided(measured, compared, judgement, limits, last_third=last_third)


BETTER, WORSE = _compared(0.6, 0.1, 0.001), _compared(0.702, -0.1, 0.001)
ALIKE = Comparison(AUC, 0.702, 0.702, 0.0, 0.0, clusters=31, alike=True)


@pytest.mark.parametrize(
    ("decisions", "champion", "tie"),
    [
        pytest.param(_decided(None), "not asked", "not asked", id="a first model"),
        pytest.param(_decided(None, SLICE), "not reached", "not reached", id="refused outright"),
        pytest.param(_decided(BETTER, SLICE), "not reached", "not reached", id="refused first"),
        pytest.param(_decided(BETTER), "yes", "not asked", id="better"),
        pytest.param(_decided(WORSE), "no", "not reached", id="worse"),
        pytest.param(_decided(_compared(0.7, 0.0, 0.0)), "tie", "not known", id="no difference"),
        pytest.param(_decided(ALIKE, last_third=WORSE), "tie", "no", id="veto"),
        pytest.param(_decided(ALIKE, last_third=BETTER), "tie", "yes", id="no veto"),
        pytest.param(_decided(ALIKE, last_third=Shortage("few")), "tie", "not known", id="few"),
    ],
)
def test_champion_and_tie_are_answered_as_the_gate_judged(
    decisions: tuple[Decision, ...], champion: str, tie: str
) -> None:
    answers = {each.name: each.answer.value for each in decisions}
    assert (answers["rows"], answers["champion"], answers["tie"]) == ("yes", champion, tie)


def test_decisions_are_in_the_order_of_the_gate_with_their_numbers() -> None:
    assert _decided(WORSE, FEW, limits=(LIMIT,)) == (
        ROWS,
        FEW,
        Decision(
            "champion",
            CHAMPION,
            Answer.NO,
            "roc_auc: candidate 0.6020, champion 0.7020, difference -0.1000 with a standard error "
            "of 0.0010 over 31 clusters; -0.0089 is allowed",
            (("difference", -0.1), ("standard_error", 0.001)),
        ),
        Decision(
            "recipe", "Is a changed recipe better, in two windows in a row?", Answer.NOT_ASKED
        ),
        Decision("tie", TIE, Answer.NOT_REACHED),
        LIMIT,
    )


def test_a_tie_says_what_its_veto_test_found() -> None:
    tie = _decided(ALIKE, last_third=Shortage("the test rows are 600"))[-1]
    assert tie.found == (
        "the same model met itself; no veto test on its last third: the test rows are 600"
    )


def test_too_few_rows_end_it_at_once() -> None:
    assert too_few_rows("the test rows are 600") == (
        replace(ROWS, answer=Answer.TOO_FEW, found="the test rows are 600"),
        Decision("champion", CHAMPION, Answer.NOT_REACHED),
        Decision("tie", TIE, Answer.NOT_REACHED),
    )


def test_a_threshold_that_is_met_has_its_numbers() -> None:
    both = Bound(LOG_LOSS, minimum=0.1, maximum=0.9)
    assert threshold_decisions([(both, 0.84829)]) == (
        Decision(
            "threshold log_loss",
            "Does log_loss reach what the gate asks for?",
            Answer.YES,
            "log_loss 0.8483, at least 0.1 and at most 0.9 is asked",
            (("log_loss", 0.84829),),
        ),
    )
