"""What one test of the gate asked and found, and the verdict that all of them come to."""

from dataclasses import dataclass
from enum import StrEnum

from tidewheel_contracts.api.v1alpha1.run_result import Verdict

__all__ = ["Answer", "Decision", "Judgement"]


class Answer(StrEnum):
    """Answers to a question of the gate; only `no` refuses."""

    YES = "yes"
    NO = "no"
    TIE = "tie"
    TOO_FEW = "too few rows"
    UNKNOWN = "not known"  # nothing could be measured
    NOTED = "noted"  # worth a look; nothing is asked of it
    NOT_ASKED = "not asked"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Decision:
    """One test of the gate.

    Attributes:
        name: what is tested, such as `slice night`.
        question: the same, as a person would ask.
        answer: how it was answered.
        found: the numbers in words; no times, which differ from attempt to attempt.
        numbers: the numbers by name; no times either.
        reason: of a refusal by this test, one PascalCase word.
        missed: of a refusal, what the gate asks for and what was found instead.
        timed: what a clock said, for the status alone.
    """

    name: str
    question: str
    answer: Answer
    found: str = ""
    numbers: tuple[tuple[str, float], ...] = ()
    reason: str = ""
    missed: str = ""
    timed: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, its reason as one PascalCase word, and the sentence with the numbers."""

    verdict: Verdict
    reason: str
    sentence: str
