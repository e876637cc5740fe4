"""Gather what a run works on: checked recipes first, because they cost nothing, then the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pandas.util import hash_pandas_object

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.gate import Gate
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_contracts.artifact import layout
from tidewheel_contracts.artifact.model import ModelInput, ModelManifest, Recipe
from tidewheel_contracts.artifact.snapshot import SnapshotColumn, SnapshotManifest
from tidewheel_contracts.job import FailureReason, TrainingTask
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.checking import check_search
from tidewheel_trainer.train.bounds import Bound, asked_bounds, refuse_unfitting
from tidewheel_trainer.train.calibrating import refuse_calibration_of_a_number
from tidewheel_trainer.train.champion import champion_manifest
from tidewheel_trainer.train.champion_columns import champion_features, champion_weights
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipes
from tidewheel_trainer.train.estimators import checked_parameters, refuse_other_task
from tidewheel_trainer.train.features import chosen_features, model_inputs
from tidewheel_trainer.train.frame import refuse_unusable_dates
from tidewheel_trainer.train.groups import GateRows, gate_columns, gate_rows
from tidewheel_trainer.train.monotonic import check_monotonic, refuse_monotonic_of_classes
from tidewheel_trainer.train.row_groups import with_groups
from tidewheel_trainer.train.rows import Rows, read_manifest, read_rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split_columns import checked_split
from tidewheel_trainer.train.target import Target
from tidewheel_trainer.train.weights import (
    check_weights,
    refuse_class_weights_of_a_number,
    weight_columns,
)

__all__ = ["Material", "gathered", "material_of"]


@dataclass(frozen=True, slots=True)
class Material:
    """Recipes of the candidates, the champion, all labelled rows, the inputs' types, and what the
    gate asks for.

    `columns` are those of the snapshot, and `features` those of them that the candidates or the
    champion read. `inputs` and `input_columns` are of the recipe that may be published.
    """

    columns: tuple[SnapshotColumn, ...]
    recipes: tuple[Recipe, ...]
    inputs: tuple[ModelInput, ...]
    input_columns: tuple[Column, ...]
    features: tuple[str, ...]
    champion: ModelManifest | None
    rows: Rows
    bounds: tuple[Bound, ...]
    gate: Gate
    gate_rows: GateRows

    def hashes(self) -> np.ndarray:
        """Return a hash of each row's features, unsigned 64-bit, shape (n_rows,)."""
        hashed = hash_pandas_object(self.rows.frame[list(self.features)], index=False)
        return np.asarray(hashed.to_numpy(dtype=np.uint64))


def gathered(run: Run) -> Material:
    """Return the material of a run.

    Raises:
        TrainerError: for recipes that cannot be fitted, a champion or snapshot that is damaged,
            columns that are missing, a target that cannot be learned, and a metric or an
            estimator of another task.
    """
    request = run.request
    manifest = read_manifest(run.store, request.snapshot)
    recipes = _recipes(request, manifest)
    champion = None
    if request.champion is not None:
        champion = champion_manifest(run.store, request.champion, request.target.column)
    types = {column.name: column.type for column in manifest.columns}
    features = recipes[0].features
    read = tuple(dict.fromkeys([*features, *champion_features(champion, types)]))
    training, target = request.training, request.target.column
    weights = [*weight_columns(training.weights), *champion_weights(champion, types)]
    gate, scratch = training.gate, run.surroundings.scratch
    grouping = gate_columns(gate, manifest.columns, target, scratch)
    rows = _rows(run, manifest, read, weights, grouping)
    refuse_unusable_dates(rows.frame, _dates(recipes[0], champion))
    refuse_other_task(training.candidates, rows.target, target)
    refuse_monotonic_of_classes(training.features.monotonic, rows.target, target)
    refuse_class_weights_of_a_number(training.weights, rows.target.task, target)
    refuse_unfitting(gate, rows.target)
    if champion is not None and request.champion is not None:
        _refuse_champion_of_other_task(champion, request.champion, rows.target)
    return Material(
        recipes=recipes,
        columns=manifest.columns,
        inputs=model_inputs(manifest.columns, recipes[0]),
        input_columns=_input_columns(manifest.columns, recipes[0]),
        features=read,
        champion=champion,
        rows=with_groups(rows, request.split, features, [*recipes, *_known(champion)]),
        bounds=asked_bounds(gate, rows.measure, rows.target),
        gate=gate,
        gate_rows=gate_rows(gate, rows.gate_values, scratch),
    )


def material_of(material: Material, recipe: Recipe) -> Material:
    """Return the material with the inputs of a recipe that reads other columns."""
    return replace(
        material,
        inputs=model_inputs(material.columns, recipe),
        input_columns=_input_columns(material.columns, recipe),
    )


def _input_columns(columns: Sequence[SnapshotColumn], recipe: Recipe) -> tuple[Column, ...]:
    types = {column.name: column.type for column in columns}
    return tuple(Column(name=name, type=types[name][:32]) for name in recipe.features)


def _recipes(request: TrainingTask, manifest: SnapshotManifest) -> tuple[Recipe, ...]:
    target, time = request.target.column, request.time.column if request.time else None
    known = [column.name for column in manifest.columns]
    for name, role in ((target, "target"), (time, "time column")):
        if name is not None and name not in known:
            raise _missing(f"the snapshot has no column {name!r}, the {role}; collect it anew")
    checked_split(request.split, manifest.columns, target, time)
    training = request.training
    check_search(training)
    roles = _roles(request)
    weighing = dict.fromkeys(weight_columns(training.weights), "weight")
    choice = chosen_features(manifest.columns, training.features, weighing | roles)
    recipes = tuple(
        Recipe(
            candidate=candidate.name,
            estimator=candidate.estimator,
            parameters=checked_parameters(candidate),
            numeric=choice.numeric,
            categorical=choice.categorical,
            text=choice.text,
            dates=choice.dates,
            monotonic=tuple(sorted(training.features.monotonic, key=lambda each: each.column)),
            weights=training.weights,
            calibration=candidate.calibration,
            target=target,
            time=time,
            seed=training.seed,
        )
        for candidate in training.candidates
    )
    refuse_calibration_of_a_number(training.candidates)
    check_monotonic(training, choice.numeric)
    check_weights(training, manifest.columns, roles)
    return (*recipes, *ensemble_recipes(training, recipes))


def _dates(recipe: Recipe, champion: ModelManifest | None) -> set[str]:
    """Return the columns that the candidates or the champion read as dates."""
    return {name for each in (recipe, *_known(champion)) for name in each.dates}


def _known(champion: ModelManifest | None) -> tuple[Recipe, ...]:
    return () if champion is None else (champion.recipe,)


def _roles(request: TrainingTask) -> dict[str, str]:
    """Return the columns that cannot be features, and what they are."""
    roles = {request.target.column: "target"}
    if request.time is not None:
        roles[request.time.column] = "time"
    if request.split is not None and request.split.column is not None:
        roles[request.split.column.name] = "split"
    return roles


def _refuse_champion_of_other_task(
    champion: ModelManifest, reference: ChampionReference, target: Target
) -> None:
    if champion.task is not target.task:
        raise TrainerError(
            FailureReason.PARAMETER_INVALID,
            f"the champion {reference.name!r} is a model of {champion.task} and this run's target "
            f"is taken for {target.task}; set `target.task` of the Dataset, or give the other task "
            "another model name",
        )


def _rows(
    run: Run,
    manifest: SnapshotManifest,
    features: Sequence[str],
    weights: Sequence[str],
    grouping: Sequence[str],
) -> Rows:
    request = run.request
    spec = request.store.spec
    folder = layout.dataset_folder(spec.prefix, request.store.namespace, request.dataset_name)

    def part_done(number: int, count: int) -> None:
        run.progress("Reading", 20 * number // count, f"read part {number} of {count}")

    rows = read_rows(
        run.store,
        folder,
        manifest,
        target=request.target,
        metric=request.training.metric.name,
        time=request.time.column if request.time else None,
        features=features,
        weights=weights,
        split=request.split,
        gate_columns=grouping,
        scratch=run.surroundings.scratch,
        part_done=part_done,
    )
    # Arrow keeps what reading took, though nothing of it is needed for the fits that follow.
    pa.default_memory_pool().release_unused()
    return rows


def _missing(message: str) -> TrainerError:
    return TrainerError(FailureReason.COLUMN_MISSING, message)
