"""Gather what a run's report is made of, and return the report's files."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.features import Monotonic, Weights
from tidewheel_contracts.api.v1alpha1.model_card import ModelCard
from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.artifact.model import REPORT_FILE, SUMMARY_FILE, Recipe
from tidewheel_trainer.run_report.distribution import class_lines, number_lines
from tidewheel_trainer.run_report.findings import Answers, Attempt, Data, Findings, Outcome
from tidewheel_trainer.run_report.measures import measures_of
from tidewheel_trainer.run_report.page import run_page
from tidewheel_trainer.run_report.summary import run_summary
from tidewheel_trainer.train.comparing import compared
from tidewheel_trainer.train.gate.order import too_few_rows
from tidewheel_trainer.train.gate_steps import gate_steps
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.measures import MEASURES, Measure
from tidewheel_trainer.train.metrics import all_metrics
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.target import Target
from tidewheel_trainer.train.weights import weight_columns

__all__ = ["run_report"]


def run_report(
    run: Run, material: Material, result: RunResult, trial: Trial | None
) -> dict[str, bytes]:
    """Return the page and the summary of a run by the names of their files.

    Args:
        run: what was asked for, and by which program it was done.
        material: the rows and recipes.
        result: what the run ends with.
        trial: how the candidate did; None where the rows were too few to test one.
    """
    found = _findings(run, material, result, trial)
    return {REPORT_FILE: run_page(found).encode(), SUMMARY_FILE: run_summary(found).encode()}


def _findings(run: Run, material: Material, result: RunResult, trial: Trial | None) -> Findings:
    request, rows = run.request, material.rows
    return Findings(
        run=request.run_name,
        model=request.model_name,
        outcome=Outcome(
            verdict=result.verdict,
            reason=result.verdict_reason,
            sentence=result.message,
            candidate=result.candidate,
            compared_with=result.compared_with,
            champion=request.champion.name if request.champion else None,
        ),
        data=_data(run, material, result, trial),
        metric=str(rows.measure.name),
        score=_score_name(rows.measure),
        attempts=_attempts(material, trial),
        measures=() if trial is None else measures_of(all_metrics(trial), _errors(trial)),
        answers=None if trial is None else _answers(trial),
        importance=None if trial is None else trial.importance,
        gate=gate_steps(
            too_few_rows(result.message) if trial is None else trial.decisions, result.verdict
        ),
        lineage=_lineage(run, material.recipes[0] if trial is None else trial.recipe),
        card=_card(request.training.card),
    )


def _data(run: Run, material: Material, result: RunResult, trial: Trial | None) -> Data:
    rows, request = material.rows, run.request
    tested_rows = None if trial is None else len(trial.truth)
    return Data(
        dataset=request.dataset_name,
        snapshot_digest=request.snapshot.digest,
        target=request.target.column,
        time=request.time.column if request.time else None,
        split=_split_words(request.split, has_times=rows.times is not None),
        labelled_rows=len(rows),
        learned_rows=None if tested_rows is None else len(rows) - tested_rows,
        tested_rows=tested_rows,
        published_rows=result.training_rows or None,
        tested_from=None if trial is None else trial.test_from,
        tested_through=None if trial is None else trial.test_through,
        left_out_rows=rows.left_out_by_split,
        rows_without_time=rows.dropped_without_time,
        distribution=_distribution(rows.target, None if trial is None else trial.truth),
    )


def _attempts(material: Material, trial: Trial | None) -> tuple[Attempt, ...]:
    if trial is None:
        untried = [Validation(each.candidate, None, is_chosen=False) for each in material.recipes]
        validations = tuple(untried)
    else:
        validations = trial.validations
    recipes = {recipe.candidate: recipe for recipe in material.recipes}
    return tuple(
        _attempt(place, recipes[each.candidate], each) for place, each in enumerate(validations)
    )


def _attempt(place: int, recipe: Recipe, validation: Validation) -> Attempt:
    return Attempt(
        number=place + 1,
        candidate=recipe.candidate,
        estimator=recipe.estimator,
        parameters={**recipe.parameters, **(validation.parameters or {}), **_made_of(recipe)},
        score=validation.score,
        is_chosen=validation.is_chosen,
        note=validation.note,
    )


def _made_of(recipe: Recipe) -> dict[str, Any]:
    """Return what is done beside an estimator's own parameters, in words."""
    words: dict[str, Any] = {}
    if recipe.calibration is not None:
        calibration = recipe.calibration
        words["calibration"] = f"{calibration.method} of {calibration.folds} folds"
    if recipe.ensemble is not None:
        words["members"] = ", ".join(
            each.candidate + (f" ({each.weight})" if each.weight else "")
            for each in recipe.ensemble.members
        )
        if recipe.ensemble.final is not None:
            words["final"] = recipe.ensemble.final.estimator
    return words


def _distribution(target: Target, tested: np.ndarray | None) -> tuple[tuple[str, str, str], ...]:
    if target.classes:
        return class_lines(target.classes, target.codes, tested)
    return number_lines(target.labels, tested)


def _answers(trial: Trial) -> Answers:
    return Answers(trial.classes, trial.truth, trial.answers, trial.champion_answers)


def _errors(trial: Trial) -> dict[str, float]:
    """Return the standard error of each measure's difference, where it takes no repeated measuring.

    The jackknife measures two hundred times; only for the run's own metric has it been done.
    """
    if trial.champion_answers is None:
        return {}
    known = [
        each
        for each in MEASURES.values()
        if each.fits(trial.measure.task, len(trial.classes)) and each.influence is not None
    ]
    rows = (trial.truth, trial.answers, trial.champion_answers, trial.clusters)
    return {str(each.name): compared(each, *rows).standard_error for each in known}


def _score_name(measure: Measure) -> str:
    """Return what scores of candidates are: an error is turned round, so that more is better."""
    return str(measure.name) if measure.higher_is_better else f"-{measure.name}"


def _split_words(split: Split | None, *, has_times: bool) -> str:
    if split is not None and split.hash is not None:
        share = split.hash.test_share
        return f"{share} of the keys by a hash of {', '.join(split.hash.columns)} test"
    if split is not None and split.column is not None:
        return f"rows whose {split.column.name} is {split.column.test} test"
    if not has_times:
        return "a fifth of the rows tests, by a hash of the features"
    share = "" if split is None or split.time is None else f" ({split.time.test_share})"
    return f"the newest whole days{share}, or all that is later than the champion learned, test"


def _columns_words(recipe: Recipe) -> str:
    texts = f", {len(recipe.text):,} text" if recipe.text else ""
    dates = f", {len(recipe.dates):,} of dates" if recipe.dates else ""
    return f"{len(recipe.numeric):,} numeric, {len(recipe.categorical):,} categorical{texts}{dates}"


def _monotonic_words(monotonic: Sequence[Monotonic]) -> str:
    words = [f"{each.column} {each.direction.lower()}" for each in monotonic]
    return ", ".join(words) or "no column"


def _weights_words(weights: Weights | None) -> str:
    if weights is None:
        return "none, each row counts alike"
    by_class = [] if weights.classes is None else ["balanced classes"]
    return " times ".join([*by_class, *(f"column {name}" for name in weight_columns(weights))])


def _lineage(run: Run, recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Return what the run was made with; times and hosts, which differ, are in lineage.json."""
    surroundings, request = run.surroundings, run.request
    libraries = sorted(surroundings.libraries.items())
    return (
        ("Run", f"{request.run_name}, uid {request.run_uid}"),
        ("Snapshot", request.snapshot.manifest_key),
        ("Columns", _columns_words(recipe)),
        ("Monotonic", _monotonic_words(recipe.monotonic)),
        ("Weights", _weights_words(recipe.weights)),
        ("Seed", str(recipe.seed)),
        ("Threads", "1"),
        ("Tidewheel", surroundings.git_revision or "unknown"),
        ("Python", surroundings.python),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in libraries)),
    )


def _card(card: ModelCard | None) -> tuple[tuple[str, str], ...]:
    if card is None:
        return ()
    lines = (
        ("Purpose", card.purpose),
        ("Limitations", card.limitations),
        ("Ethics", card.ethics),
        ("Licence", card.licence),
        ("Owner", card.owner),
        ("Contact", card.contact),
    )
    return tuple((name, value) for name, value in lines if value is not None)
