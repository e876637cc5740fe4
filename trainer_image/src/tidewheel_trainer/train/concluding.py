"""Judge the recipe that was chosen, and publish it if the gate passes: what all runs share.

    own result? -> report it again
    read rows -> choose a recipe -> fit on all before the test window -> test once
              -> judge against the champion; a tie once more on the last third of the test window,
                 a changed recipe in the window before
              -> refit on everything -> judge its limits -> publish
              -> refused: the same with the champion's recipe, if it is one of the candidates'

Too few rows to judge by end it before the test, as inconclusive.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.job import TrainResult
from tidewheel_trainer.train.dividing import test_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.incumbent import (
    after_refusal,
    incumbent_recipe,
    with_incumbent,
)
from tidewheel_trainer.train.material import Material, gathered, material_of
from tidewheel_trainer.train.outcome import Choice, Refit, Trial
from tidewheel_trainer.train.recording import (
    publish,
    record_refusal,
    record_shortage,
    recorded,
)
from tidewheel_trainer.train.refitting import refitted
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.signing import Signer
from tidewheel_trainer.train.split import Split
from tidewheel_trainer.train.testing import tested, with_limits

__all__ = ["Choose", "concluded"]

# How a run comes to the one recipe that it tests.
Choose = Callable[[Run, Material, Split], Choice | Shortage]


def concluded(run: Run, choose: Choose) -> TrainResult:
    """Return the verdict, and the published artifact when the gate passed.

    Raises:
        TrainerError: with every reason of FailureReason but those of a source.
    """

    def record(run: Run, signer: Signer | None) -> None:
        _train_and_record(run, choose, signer)

    return recorded(run, record)


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a recipe did, and its fit on all rows; None where the gate refused it."""

    material: Material
    trial: Trial
    refit: Refit | None


def _train_and_record(run: Run, choose: Choose, signer: Signer | None) -> None:
    material = gathered(run)
    ending = _ending(run, material, choose)
    if isinstance(ending, Shortage):
        record_shortage(run, material, ending)
    elif ending.refit is None:
        record_refusal(run, material, ending.trial)
    else:
        learned = ending.material.rows.frame
        publish(run, ending.material, ending.trial, ending.refit, learned, signer)


def _ending(run: Run, material: Material, choose: Choose) -> _Ending | Shortage:
    """Return what came of the chosen recipe or of the second choice, or which rows are lacking."""
    split = test_rows(run, material)
    if isinstance(split, Shortage):
        return split
    choice = choose(run, material, split)
    if isinstance(choice, Shortage):
        return choice
    first = _judged(run, material, split, choice)
    return first if first.refit is not None else _second_choice(run, split, first)


def _judged(run: Run, material: Material, split: Split, choice: Choice) -> _Ending:
    """Return how the recipe did on the test rows, and what it costs on all of them."""
    trial = tested(run, material, split, choice.recipe, choice.validations)
    if trial.judgement.verdict is Verdict.REFUSED:
        return _Ending(material, trial, None)
    run.progress(
        "Refitting", 70, f"fit {trial.recipe.candidate} on all {len(material.rows):,} rows"
    )
    refit = refitted(trial.recipe, material, trial.places, run.surroundings.seconds)
    trial = with_limits(trial, material.gate.limits, refit.cost)
    is_refused = trial.judgement.verdict is Verdict.REFUSED
    return _Ending(material, trial, None if is_refused else refit)


def _second_choice(run: Run, split: Split, first: _Ending) -> _Ending:
    """Return how the champion's recipe did, where the run allows it and it passes."""
    material, refused = first.material, first.trial
    training = run.request.training
    incumbent = incumbent_recipe(
        training.candidates, material.champion, refused.recipe, training.ensembles
    )
    if incumbent is None:
        return first
    validations = with_incumbent(refused.validations, incumbent, refused.judgement)
    choice = Choice(incumbent, validations)
    second = _judged(run, material_of(material, incumbent), split, choice)
    if second.refit is None:
        return first
    return replace(second, trial=after_refusal(second.trial, refused))
