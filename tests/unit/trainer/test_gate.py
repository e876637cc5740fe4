"""The gate against the regression cases 10 to 12 of reference/judgement.md."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_trainer.train.auc import AucDifference
from tidewheel_trainer.train.gate import Judgement, judge, judge_tie, margin
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Counts, Shortage, shortage


def _compared(champion: float, difference: float, error: float) -> AucDifference:
    return AucDifference(champion + difference, champion, difference, error, clusters=31)


def _judged(compared: AucDifference | None, minimum: float | None = None) -> Judgement:
    measured = 0.702 if compared is None else compared.candidate
    with_what = ComparedWith.NOTHING if compared is None else ComparedWith.MODEL
    return judge(measured, minimum, compared, with_what=with_what, test_rows=24_011)


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


def test_the_margin_follows_the_headroom_up_to_one_hundredth() -> None:
    assert [margin(area) for area in (0.5, 0.968)] == pytest.approx([0.01, 0.00096])


def test_the_sentence_of_a_tie_has_the_numbers() -> None:
    assert _judged(_compared(0.702, 0.0, 0.0)) == Judgement(
        Verdict.UNTESTED,
        "SameRecipe",
        "roc_auc 0.702 on 24,011 rows of the test window; champion 0.702; difference 0.000, tie: "
        "the same model met itself",
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


@pytest.mark.parametrize("compared", [None, _compared(0.702, 0.0, 0.0)], ids=["first", "tie"])
def test_below_the_minimum_everything_is_refused(compared: AucDifference | None) -> None:
    assert _judged(compared, minimum=0.75) == Judgement(
        Verdict.REFUSED,
        "BelowMinimum",
        "roc_auc 0.702 on 24,011 rows of the test window; the gate asks for at least 0.75",
    )


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Counts(120, 40, 31), id="120 labelled rows"),
        pytest.param(Counts(5000, 99, 31), id="99 rows of the rarer class"),
        pytest.param(Counts(5000, 900, 9), id="nine days"),
    ],
)
def test_too_few_rows_to_compare_two_models_are_a_shortage(found: Counts) -> None:
    assert shortage(found, TWO_MODELS, "days") == Shortage(
        f"the test rows are {found.rows:,} with {found.rare_rows} of the rarer class on "
        f"{found.clusters} days; a comparison needs 1,000, 100 and 10"
    )


def test_exactly_enough_rows_are_no_shortage() -> None:
    assert shortage(Counts(1000, 100, 10), TWO_MODELS, "days") is None


def test_a_model_alone_needs_as_many_rows_and_no_clusters() -> None:
    assert shortage(Counts(1000, 100, 1), ONE_MODEL, "days") is None
    assert shortage(Counts(999, 100, 1), ONE_MODEL, "days") == Shortage(
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
    last_third: AucDifference | Shortage | None, clause: str
) -> None:
    assert judge_tie(_TIE, last_third) == Judgement(
        Verdict.UNTESTED, "SameRecipe", f"tie; {clause}"
    )
