"""Put what was found into the RunResult that the operator copies into a run's status; pure."""

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
from tidewheel_trainer.train.gate.order import too_few_rows
from tidewheel_trainer.train.gate_steps import gate_tests
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.metrics import trial_metrics
from tidewheel_trainer.train.outcome import Refit, Trial

__all__ = ["inconclusive_result", "refused_result", "registrable_result"]

_INPUTS_IN_STATUS = 32
# As long as a message of a status may be; many slices that are missed make more.
_LONGEST_MESSAGE = 4096


def inconclusive_result(material: Material, lacking: Shortage, git_revision: str) -> RunResult:
    """Return the result of a run that had too few rows to judge by."""
    recipes = material.recipes
    then = "wait for more labelled rows" if material.champion is None else "the champion stays"
    return RunResult(
        verdict=Verdict.INCONCLUSIVE,
        verdict_reason="TooFewRows",
        message=f"{lacking.sentence}; {then}",
        compared_with=ComparedWith.NOTHING,
        # Among several nothing was chosen.
        candidate=recipes[0].candidate if len(recipes) == 1 else "",
        gate=gate_tests(too_few_rows(lacking.sentence)),
        git_revision=git_revision,
    )


def refused_result(trial: Trial, git_revision: str) -> RunResult:
    """Return the result of a trial alone: there is no published fit."""
    return RunResult(
        verdict=trial.judgement.verdict,
        verdict_reason=trial.judgement.reason,
        message=_bounded(trial.judgement.sentence),
        compared_with=trial.compared_with,
        candidate=trial.recipe.candidate,
        metrics=trial_metrics(trial),
        gate=gate_tests(trial.decisions),
        test_rows=len(trial.truth),
        git_revision=git_revision,
    )


def registrable_result(
    trial: Trial, refit: Refit, columns: tuple[Column, ...], git_revision: str
) -> RunResult:
    """Return the result of a published fit, still without its artifact."""
    return refused_result(trial, git_revision).model_copy(
        update={
            "training_rows": refit.training_rows,
            "trained_through": refit.trained_through,
            "input_columns": columns if len(columns) <= _INPUTS_IN_STATUS else (),
        }
    )


def _bounded(sentence: str) -> str:
    if len(sentence) <= _LONGEST_MESSAGE:
        return sentence
    return f"{sentence[: _LONGEST_MESSAGE - 1]}…"
