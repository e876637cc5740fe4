"""The decisions of the gate as a status, metrics.json and a report have them."""

import pytest

from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.run_report.findings import GateStep
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.gate_steps import gate_steps, gate_tests, gate_tests_document

PASSED, FAILED = GateTestResult.PASSED, GateTestResult.FAILED
INCONCLUSIVE = GateTestResult.INCONCLUSIVE
DECISIONS = (
    Decision("rows", "Enough?", Answer.YES, "1,420 test rows"),
    Decision("slice night", "Reached?", Answer.TOO_FEW, "9 rows", (("rows", 9.0),)),
    Decision("slice day", "Reached?", Answer.UNKNOWN, "one class", (("rows", 420.0),)),
    Decision("champion", "Not worse?", Answer.TIE, "the same", (("difference", 0.0),)),
    Decision("tie", "Free of harm?", Answer.NOT_ASKED),
    Decision("limit modelBytes", "Kept?", Answer.NO, "7 bytes", (("modelBytes", 7.0),)),
    Decision("limit trainingSeconds", "Kept?", Answer.YES, "at most 9", timed="7.5 measured"),
    Decision("limit predictionMilliseconds", "Kept?", Answer.NOT_REACHED, "at most 9"),
)


def test_a_report_lists_every_question_without_times() -> None:
    assert gate_steps(DECISIONS, Verdict.REFUSED) == (
        GateStep("Enough?", "1,420 test rows", "yes"),
        GateStep("Reached?", "9 rows", "too few rows"),
        GateStep("Reached?", "one class", "not known"),
        GateStep("Not worse?", "the same", "tie"),
        GateStep("Free of harm?", "", "not asked"),
        GateStep("Kept?", "7 bytes", "no"),
        GateStep("Kept?", "at most 9", "yes"),
        GateStep("Kept?", "at most 9", "not reached"),
    )


@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.UNTESTED])
def test_a_report_of_a_published_fit_says_where_the_last_answer_stands(verdict: Verdict) -> None:
    [first, follows] = gate_steps(DECISIONS[:1], verdict)
    assert first == GateStep("Enough?", "1,420 test rows", "yes")
    assert follows == GateStep(
        "Does the serving image answer like this fit?",
        "A Job asks it next: LoadAndQuery in status.result.gate of the TrainingRun tells",
        "follows",
    )


def test_a_status_has_what_was_tested_with_times() -> None:
    assert gate_tests(DECISIONS) == (
        GateTest(name="rows", result=PASSED, message="1,420 test rows"),
        GateTest(name="slice night", result=INCONCLUSIVE, message="9 rows"),
        GateTest(name="slice day", result=INCONCLUSIVE, message="one class"),
        GateTest(name="champion", result=INCONCLUSIVE, message="the same"),
        GateTest(name="limit modelBytes", result=FAILED, message="7 bytes"),
        GateTest(name="limit trainingSeconds", result=PASSED, message="7.5 measured; at most 9"),
    )


def test_metrics_have_the_numbers_of_what_was_tested_without_times() -> None:
    assert gate_tests_document(DECISIONS) == [
        {"name": "rows", "result": "Passed", "numbers": {}},
        {"name": "slice night", "result": "Inconclusive", "numbers": {"rows": 9.0}},
        {"name": "slice day", "result": "Inconclusive", "numbers": {"rows": 420.0}},
        {"name": "champion", "result": "Inconclusive", "numbers": {"difference": 0.0}},
        {"name": "limit modelBytes", "result": "Failed", "numbers": {"modelBytes": 7.0}},
        {"name": "limit trainingSeconds", "result": "Passed", "numbers": {}},
    ]


def test_of_too_many_tests_a_status_keeps_those_that_did_not_pass_in_their_order() -> None:
    answers = [Answer.YES] * 15 + [Answer.NO, Answer.YES, Answer.TOO_FEW, Answer.YES]
    decisions = tuple(
        Decision(f"slice {number}", "Reached?", answer) for number, answer in enumerate(answers)
    )
    names = [test.name for test in gate_tests(decisions)]
    assert names == [f"slice {number}" for number in (*range(14), 15, 17)]


def test_what_is_too_long_for_a_status_is_cut() -> None:
    (test,) = gate_tests((Decision("n" * 65, "Reached?", Answer.NO, "f" * 300),))
    assert (test.name, test.message) == ("n" * 63 + "…", "f" * 255 + "…")
