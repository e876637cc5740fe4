"""A search that cannot be drawn or fitted is refused with the field that is wrong."""

from typing import Any

import pytest
from tests.unit.trainer.search.searches import BAYES, CRITERION, DEPTH, TREE, bayes, training, tree

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.checking import check_search


def _number(low: str, high: str, scale: str = "Linear") -> dict[str, Any]:
    bounds = {"low": low, "high": high, "scale": scale}
    return {"parameter": "ccp_alpha", "number": bounds}


def _integer(low: int, high: int, scale: str = "Linear") -> dict[str, Any]:
    return {"parameter": "max_depth", "integer": {"low": low, "high": high, "scale": scale}}


def test_good_spaces_pass() -> None:
    check_search(
        training(tree(CRITERION, _number("0.0001", "0.1", "Log"), _integer(1, 9, "Log")), bayes())
    )


@pytest.mark.parametrize(
    ("searched", "message"),
    [
        pytest.param(
            training(tree(_number("0.3", "0.1"))),
            "candidate 'tree': `space` parameter 'ccp_alpha': `number.low` is 0.3 and `high` is "
            "0.1; `low` must be less than `high`",
            id="number upside down",
        ),
        pytest.param(
            training(tree(_number("0.1", "0.1"))),
            "candidate 'tree': `space` parameter 'ccp_alpha': `number.low` is 0.1 and `high` is "
            "0.1; `low` must be less than `high`",
            id="no range",
        ),
        pytest.param(
            training(tree(_integer(9, 1))),
            "candidate 'tree': `space` parameter 'max_depth': `integer.low` is 9 and `high` is 1; "
            "`low` must be less than `high`",
            id="integer upside down",
        ),
        pytest.param(
            training(tree(_number("0", "0.1", "Log"))),
            "candidate 'tree': `space` parameter 'ccp_alpha': `number.low` is 0 and `scale` is "
            "Log; `low` must be above 0, or `scale` Linear",
            id="logarithm of zero",
        ),
        pytest.param(
            training(tree(_integer(-1, 5, "Log"))),
            "candidate 'tree': `space` parameter 'max_depth': `integer.low` is -1 and `scale` is "
            "Log; `low` must be above 0, or `scale` Linear",
            id="logarithm of less",
        ),
        pytest.param(
            training(tree({"parameter": "max_depth"})),
            "candidate 'tree': `space` parameter 'max_depth' must have one of `choice`, `number` "
            "and `integer`; it has none of them",
            id="nothing to draw from",
        ),
        pytest.param(
            training(tree(CRITERION | {"integer": {"low": 1, "high": 2}})),
            "candidate 'tree': `space` parameter 'criterion' must have one of `choice`, `number` "
            "and `integer`; it has `choice` and `integer`",
            id="two to draw from",
        ),
        pytest.param(
            training(tree(CRITERION, CRITERION)),
            "candidate 'tree': `space` parameter 'criterion' is listed more than once; keep one",
            id="twice",
        ),
        pytest.param(
            training(tree(CRITERION, criterion="gini")),
            "candidate 'tree': `space` parameter 'criterion' is also fixed in `parameters`; take "
            "it out of one of the two",
            id="open and fixed",
        ),
        pytest.param(
            training(tree(DEPTH), method="Grid"),
            "candidate 'tree': `space` parameter 'max_depth' has `integer`, and method Grid takes "
            "a `choice` of listed values only; list them or choose another method",
            id="range in a grid",
        ),
        pytest.param(
            training(
                tree(CRITERION, {"parameter": "max_depth", "choice": {"values": [1, 2, 3]}}),
                bayes(),
                method="Grid",
                trials=6,
            ),
            "the candidates have 7 combinations of the values in their `space`, and "
            "`search.trials` is 6; raise `trials` (to 1,000 at most), list fewer values, or "
            "choose method Random",
            id="large grid",
        ),
        pytest.param(
            training(tree(DEPTH), bayes(), bayes("bayes-2"), trials=2),
            "`search.trials` is 2 and there are 3 candidates, each of which takes a trial at "
            "least; raise `trials` or name fewer candidates",
            id="few trials",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(searched: Training, message: str) -> None:
    with pytest.raises(TrainerError) as caught:
        check_search(searched)
    assert (caught.value.reason, caught.value.message) == (FailureReason.SEARCH_INVALID, message)


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        pytest.param(
            {"parameter": "max_deph", "choice": {"values": [1]}},
            "candidate 'tree': DecisionTreeClassifier has no parameter 'max_deph' (did you mean "
            "'max_depth'?)",
            id="misspelt",
        ),
        pytest.param(
            {"parameter": "random_state", "choice": {"values": [1]}},
            "candidate 'tree': DecisionTreeClassifier parameter 'random_state' is set by "
            "Tidewheel; leave it out",
            id="ours",
        ),
        pytest.param(
            {"parameter": "max_depth", "choice": {"values": [1, "deep"]}},
            "candidate 'tree': DecisionTreeClassifier refuses a parameter: The 'max_depth' "
            "parameter of DecisionTreeClassifier must be",
            id="second value",
        ),
        pytest.param(
            {"parameter": "max_depth", "integer": {"low": 0, "high": 3}},
            "candidate 'tree': DecisionTreeClassifier refuses a parameter: The 'max_depth' "
            "parameter of DecisionTreeClassifier must be",
            id="low end",
        ),
        pytest.param(
            {"parameter": "min_weight_fraction_leaf", "number": {"low": "0.1", "high": "0.9"}},
            "candidate 'tree': DecisionTreeClassifier refuses a parameter: The "
            "'min_weight_fraction_leaf' parameter of DecisionTreeClassifier must be",
            id="high end",
        ),
        pytest.param(
            {"parameter": "max_depth", "choice": {"values": [{"of": "code"}]}},
            "candidate 'tree': DecisionTreeClassifier parameter 'max_depth' must be a number, "
            "text, boolean, null or a list of these",
            id="no plain value",
        ),
    ],
)
def test_what_the_estimator_refuses_is_named_before_any_fit(
    dimension: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        check_search(training(tree(CRITERION, dimension)))
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith(message)


def test_a_space_without_a_search_is_refused() -> None:
    spaced = {"name": "tree", "estimator": TREE, "space": [DEPTH]}
    plain = {"name": "bayes", "estimator": BAYES}
    with pytest.raises(TrainerError) as caught:
        check_search(Training.model_validate({"candidates": [plain, spaced]}))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SEARCH_INVALID,
        "candidate 'tree' has a `space` and the run no `search`; add one, `search: {}` is enough",
    )
