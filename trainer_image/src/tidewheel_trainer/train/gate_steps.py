"""Say what the gate asked in its order, from its judgement: nothing is judged again here."""

from tidewheel_contracts.api.v1alpha1.training_run import RunResult
from tidewheel_trainer.run_report.findings import GateStep
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate import margin
from tidewheel_trainer.train.numbers_shown import plain, shown, signed
from tidewheel_trainer.train.outcome import Trial

__all__ = ["gate_steps"]

_YES, _NO, _NOT_ASKED, _TIE, _NOT_REACHED = "yes", "no", "not asked", "tie", "not reached"
_QUESTIONS = (
    "Are there rows enough to judge by?",
    "Does the candidate reach what the gate asks for?",
    "Is it not worse than the champion?",
    "Is a tie free of harm in the newest rows?",
)
# Answers to the last three questions by the reason of the verdict.
_ANSWERS = {
    "ThresholdMissed": (_NO, _NOT_REACHED, _NOT_REACHED),
    "FirstModel": (_YES, _NOT_ASKED, _NOT_ASKED),
    "NotWorse": (_YES, _YES, _NOT_ASKED),
    "WorseThanChampion": (_YES, _NO, _NOT_REACHED),
    "SameRecipe": (_YES, _TIE, _YES),
    "NoDifference": (_YES, _TIE, _YES),
    "ProvenWorse": (_YES, _TIE, _NO),
}


def gate_steps(result: RunResult, trial: Trial | None) -> tuple[GateStep, ...]:
    """Return the questions of the gate, with what was found and how each was answered."""
    if trial is None:
        steps = [(_NO, result.message), *[(_NOT_REACHED, "")] * 3]
    else:
        thresholds, champion, tie = _ANSWERS[result.verdict_reason]
        if not trial.bounds:
            thresholds = _NOT_ASKED
        steps = [
            (_YES, f"{result.test_rows:,} test rows"),
            (thresholds, "; ".join(_threshold(bound, trial) for bound in trial.bounds)),
            (champion, "there is no champion" if trial.compared is None else _of(trial.compared)),
            (tie, trial.judgement.sentence.partition(", tie: ")[2]),
        ]
    return tuple(
        GateStep(question, found, answer)
        for question, (answer, found) in zip(_QUESTIONS, steps, strict=True)
    )


def _threshold(bound: Bound, trial: Trial) -> str:
    value = shown(bound.measure, bound.measure.function(trial.truth, trial.answers), 4)
    asked = [
        f"at {word} {plain(limit)}"
        for word, limit in (("least", bound.minimum), ("most", bound.maximum))
        if limit is not None
    ]
    return f"{bound.measure.name} {value}, {' and '.join(asked)} is asked"


def _of(compared: Comparison) -> str:
    measure = compared.measure
    candidate, champion, error = (
        shown(measure, value, 4)
        for value in (compared.candidate, compared.champion, compared.standard_error)
    )
    allowed = margin(measure, compared.champion)
    worse = signed(measure, -allowed if measure.higher_is_better else allowed, 4)
    return (
        f"{measure.name}: candidate {candidate}, champion {champion}, difference "
        f"{signed(measure, compared.difference, 4)} with a standard error of {error} over "
        f"{compared.clusters:,} clusters; {worse} is allowed"
    )
