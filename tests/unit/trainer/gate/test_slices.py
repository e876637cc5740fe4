"""Parts of the test window with thresholds of their own."""

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.gate.slices import SliceValues, slice_decision
from tidewheel_trainer.train.measures import MEASURES

F1 = Bound(MEASURES[MetricName.F1], minimum=0.4)
LOG_LOSS = Bound(MEASURES[MetricName.LOG_LOSS], maximum=0.5)
QUESTION = "Does slice 'night' reach what the gate asks for?"


def test_a_slice_that_reaches_its_thresholds_passes() -> None:
    found = SliceValues("night", 1420, 100, [(F1, 0.4), (LOG_LOSS, 0.32)])
    assert slice_decision(found) == Decision(
        "slice night",
        QUESTION,
        Answer.YES,
        "1,420 rows: f1 0.4000, at least 0.4 is asked; log_loss 0.32, at most 0.5 is asked",
        (("rows", 1420.0), ("f1", 0.4), ("log_loss", 0.32)),
    )


def test_a_slice_below_a_threshold_refuses_with_its_name_and_numbers() -> None:
    found = SliceValues("night", 420, 100, [(F1, 0.3129), (LOG_LOSS, 0.61)])
    assert slice_decision(found) == Decision(
        "slice night",
        QUESTION,
        Answer.NO,
        "420 rows: f1 0.3129, at least 0.4 is asked; log_loss 0.61, at most 0.5 is asked",
        (("rows", 420.0), ("f1", 0.3129), ("log_loss", 0.61)),
        "SliceBelowThreshold",
        "f1 of at least 0.4 (found 0.3129), log_loss of at most 0.5 (found 0.61) in slice 'night' "
        "of 420 rows",
    )


def test_a_slice_of_too_few_rows_neither_passes_nor_refuses() -> None:
    assert slice_decision(SliceValues("night", 99, 100, [(F1, 0.1)])) == Decision(
        "slice night",
        QUESTION,
        Answer.TOO_FEW,
        "99 rows, 100 are needed",
        (("rows", 99.0), ("f1", 0.1)),
    )
    assert slice_decision(SliceValues("night", 100, 100, [(F1, 0.1)])).answer is Answer.NO


def test_a_slice_of_one_class_is_not_known_unless_another_measure_refuses_it() -> None:
    unknown = slice_decision(SliceValues("night", 420, 100, [(F1, None), (LOG_LOSS, 0.3)]))
    assert (unknown.answer, unknown.found) == (
        Answer.UNKNOWN,
        "420 rows: log_loss 0.3, at most 0.5 is asked; f1 is not defined on rows of one class",
    )
    refused = slice_decision(SliceValues("night", 420, 100, [(F1, None), (LOG_LOSS, 0.6)]))
    assert (refused.answer, refused.numbers) == (
        Answer.NO,
        (("rows", 420.0), ("log_loss", 0.6)),
    )
