"""The champion's recipe as the second choice of a run that could have come to it as well; pure.

What makes a new run pay is the rows that the champion has not learned, hardly the recipe
(reference/judgement.md, section 0). A search draws its winner by a little luck, so a winner that
the gate refuses must not cost the refresh: then the recipe that serves is tested on the new rows.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Ensemble
from tidewheel_contracts.api.v1alpha1.search import Dimension
from tidewheel_contracts.artifact.model import (
    EnsembleRecipe,
    MemberRecipe,
    ModelManifest,
    Recipe,
)
from tidewheel_trainer.train.champion import same_recipe
from tidewheel_trainer.train.ensemble_recipes import ensemble_of
from tidewheel_trainer.train.estimators import checked_parameters
from tidewheel_trainer.train.gate.decision import Judgement
from tidewheel_trainer.train.gate.limits import LIMIT_EXCEEDED
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.recipe_change import columns_by_reading

__all__ = ["after_refusal", "incumbent_recipe", "with_incumbent"]


def incumbent_recipe(
    candidates: Sequence[Candidate],
    champion: ModelManifest | None,
    refused: Recipe,
    ensembles: Sequence[Ensemble] = (),
) -> Recipe | None:
    """Return the champion's recipe if it is another one that the run's candidates allow.

    It may read fewer columns than the run's candidates: those that it lacks have come since. Of
    all others, weights, target and seed must be those of the run: who changed them wants no model
    of the old ones.
    """
    if champion is None or same_recipe(champion.recipe, refused):
        return None
    known = champion.recipe
    if not _reads_no_more(known, refused):
        return None
    own = ("candidate", "estimator", "parameters", "calibration", "ensemble")
    may_differ = (*own, *columns_by_reading(known))
    as_refused = {name: getattr(refused, name) for name in may_differ}
    if known.model_copy(update=as_refused) != refused:
        return None
    if known.ensemble is None:
        names = [one.name for one in candidates if _allows_recipe(one, known)]
    else:
        names = [one.name for one in ensembles if _allows_members(one, candidates, known.ensemble)]
    return known.model_copy(update={"candidate": names[0]}) if names else None


def with_incumbent(
    validations: Sequence[Validation], incumbent: Recipe, refused: Judgement
) -> tuple[Validation, ...]:
    """Return what was chosen among, with the champion's recipe as what is tested."""
    others = (replace(each, is_chosen=False, note=_note(each, refused)) for each in validations)
    chosen = Validation(
        incumbent.candidate,
        None,
        is_chosen=True,
        parameters=incumbent.parameters,
        note="the champion's recipe",
    )
    return (chosen, *others)


def after_refusal(trial: Trial, refused: Trial) -> Trial:
    """Return the trial of the champion's recipe with the words of the refusal before it."""
    sentence = (
        f"{trial.judgement.sentence}; it is the champion's recipe, because "
        f"{refused.recipe.candidate!r} was refused before: {_refusal(refused)}"
    )
    return replace(trial, judgement=replace(trial.judgement, sentence=sentence))


def _refusal(refused: Trial) -> str:
    """Return why a trial was refused; no measured times, as files of the model hold the words."""
    exceeded = [each for each in refused.decisions if each.reason == LIMIT_EXCEEDED]
    if not exceeded:
        return refused.judgement.sentence
    return "; ".join(f"{each.name}: {each.found}" for each in exceeded)


def _reads_no_more(known: Recipe, refused: Recipe) -> bool:
    asked = columns_by_reading(refused)
    return all(own <= asked[reading] for reading, own in columns_by_reading(known).items())


def _note(validation: Validation, refused: Judgement) -> str:
    return f"refused: {refused.reason}" if validation.is_chosen else validation.note


def _allows_recipe(candidate: Candidate, known: Recipe | MemberRecipe) -> bool:
    """Say whether the candidate is this estimator, calibrated so, and can have its parameters."""
    asked, found = (
        (candidate.estimator, candidate.calibration),
        (known.estimator, known.calibration),
    )
    return asked == found and _allows(candidate, known.parameters)


def _allows_members(
    ensemble: Ensemble, candidates: Sequence[Candidate], known: EnsembleRecipe
) -> bool:
    """Say whether the run's ensemble puts together the same members as the candidates allow."""
    members = {each.candidate: each for each in known.members}
    if [each.candidate for each in ensemble.members] != list(members):
        return False
    if ensemble_of(ensemble, members) != known:
        return False
    by_name = {one.name: one for one in candidates}
    return all(_allows_recipe(by_name[each.candidate], each) for each in known.members)


def _allows(candidate: Candidate, parameters: dict[str, Any]) -> bool:
    """Say whether the candidate, or a draw from its space, has these parameters."""
    if not all(dimension.parameter in parameters for dimension in candidate.space):
        return False
    drawn = {each.parameter: parameters[each.parameter] for each in candidate.space}
    asked = {**candidate.parameters, **drawn}
    if not all(_holds(each, drawn[each.parameter]) for each in candidate.space):
        return False
    return _text(checked_parameters(candidate.model_copy(update={"parameters": asked}))) == _text(
        parameters
    )


def _holds(dimension: Dimension, value: Any) -> bool:  # noqa: ANN401  any JSON
    """Say whether a dimension has a value."""
    if dimension.choice is not None:
        return _text(value) in {_text(each) for each in dimension.choice.values}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if dimension.integer is not None:
        return isinstance(value, int) and dimension.integer.low <= value <= dimension.integer.high
    number = dimension.number
    return number is not None and float(number.low) <= value <= float(number.high)


def _text(value: Any) -> str:  # noqa: ANN401  any JSON
    # JSON tells 1 from 1.0 and from true, which Python calls equal.
    return json.dumps(value, sort_keys=True)
