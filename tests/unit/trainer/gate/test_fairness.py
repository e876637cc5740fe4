"""How far apart the groups of a column may be."""

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.gate.fairness import GroupValue, fairness_decision
from tidewheel_trainer.train.measures import MEASURES

ACCURACY = MEASURES[MetricName.ACCURACY]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]
GROUPS = (GroupValue("f", 300, 0.75), GroupValue("m", 1420, 0.875), GroupValue("x", 120, 0.8))
QUESTION = "Do the groups of 'sex' fare alike?"


def test_groups_within_the_difference_fare_alike() -> None:
    assert fairness_decision("sex", ACCURACY, 0.125, GROUPS, 0) == Decision(
        "fairness sex",
        QUESTION,
        Answer.YES,
        "accuracy differs by 0.1250: 0.8750 of 'm' on 1,420 rows, 0.7500 of 'f' on 300 rows; at "
        "most 0.125 is asked",
        (("best", 0.875), ("worst", 0.75), ("difference", 0.125)),
    )


def test_a_larger_difference_refuses_with_the_best_and_the_worst_group() -> None:
    assert fairness_decision("sex", ACCURACY, 0.05, GROUPS, 2) == Decision(
        "fairness sex",
        QUESTION,
        Answer.NO,
        "accuracy differs by 0.1250: 0.8750 of 'm' on 1,420 rows, 0.7500 of 'f' on 300 rows; at "
        "most 0.05 is asked; 2 more cannot be measured",
        (("best", 0.875), ("worst", 0.75), ("difference", 0.125)),
        "GroupsDiffer",
        "accuracy to differ by at most 0.05 between groups of 'sex' (found 0.1250: 0.8750 of 'm' "
        "on 1,420 rows, 0.7500 of 'f' on 300 rows)",
    )


def test_of_an_error_the_best_group_has_the_least() -> None:
    groups = (GroupValue("f", 300, 12.5), GroupValue("m", 400, 10.0))
    decision = fairness_decision("sex", MAE, 2.0, groups, 0)
    assert (decision.answer, decision.numbers) == (
        Answer.NO,
        (("best", 10.0), ("worst", 12.5), ("difference", 2.5)),
    )


def test_one_group_alone_cannot_be_compared() -> None:
    assert fairness_decision("sex", ACCURACY, 0.05, GROUPS[:1], 3) == Decision(
        "fairness sex",
        QUESTION,
        Answer.UNKNOWN,
        "1 group to compare; 3 more cannot be measured; two are needed",
    )
