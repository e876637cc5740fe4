"""Put the decisions of the gate into a run's status, its metrics and its report."""

import math
from typing import Any

from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.run_report.findings import GateStep
from tidewheel_trainer.train.gate.decision import Answer, Decision

__all__ = ["gate_steps", "gate_tests", "gate_tests_document"]

_RESULTS = {
    Answer.YES: GateTestResult.PASSED,
    Answer.NO: GateTestResult.FAILED,
    Answer.TIE: GateTestResult.INCONCLUSIVE,
    Answer.TOO_FEW: GateTestResult.INCONCLUSIVE,
    Answer.UNKNOWN: GateTestResult.INCONCLUSIVE,
    Answer.NOTED: GateTestResult.NOTED,
}
# A report is written before the Job that asks: what it found is in the status alone.
_ASKED_AFTER = GateStep(
    "Does the serving image answer like this fit?",
    "A Job asks it next: LoadAndQuery in status.result.gate of the TrainingRun tells",
    "follows",
)
_REGISTRABLE = frozenset({Verdict.PASSED, Verdict.UNTESTED})
_MOST_TESTS = 16
_LONGEST_NAME, _LONGEST_MESSAGE = 64, 256


def gate_steps(decisions: tuple[Decision, ...], verdict: Verdict) -> tuple[GateStep, ...]:
    """Return the questions of the gate, with what was found and how each was answered."""
    asked = tuple(GateStep(each.question, each.found, each.answer.value) for each in decisions)
    return (*asked, _ASKED_AFTER) if verdict in _REGISTRABLE else asked


def gate_tests(decisions: tuple[Decision, ...]) -> tuple[GateTest, ...]:
    """Return what a status has room for: of too many tests those that did not pass, then others."""
    tests = [_test(each) for each in decisions if each.answer in _RESULTS]
    by_need = sorted(
        range(len(tests)), key=lambda place: tests[place].result is GateTestResult.PASSED
    )
    return tuple(tests[place] for place in sorted(by_need[:_MOST_TESTS]))


def gate_tests_document(decisions: tuple[Decision, ...]) -> list[dict[str, Any]]:
    """Return all tests that were done with their numbers, for metrics.json."""
    return [
        {"name": each.name, "result": str(_RESULTS[each.answer]), "numbers": _finite(each)}
        for each in decisions
        if each.answer in _RESULTS
    ]


def _finite(decision: Decision) -> dict[str, float]:
    """Return the numbers that JSON can hold."""
    return {name: value for name, value in decision.numbers if math.isfinite(value)}


def _test(decision: Decision) -> GateTest:
    words = "; ".join(part for part in (decision.timed, decision.found) if part)
    return GateTest(
        name=_cut(decision.name, _LONGEST_NAME),
        result=_RESULTS[decision.answer],
        message=_cut(words, _LONGEST_MESSAGE),
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
