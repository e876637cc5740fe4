"""The second test of a tie only vetoes."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.decision import Judgement
from tidewheel_trainer.train.gate.tie import judge_tie
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import MEASURES

AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]


def _compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(AUC, champion + difference, champion, difference, error, clusters=31)


def _error_compared(champion: float, difference: float, error: float) -> Comparison:
    return Comparison(MAE, champion + difference, champion, difference, error, clusters=31)


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
