"""Judge a model that was made elsewhere, and publish it, byte by byte, if the gate passes.

    own result? -> report it again
    read the file -> read rows -> test on rows that nobody learned -> judge, as a trained model is
                  -> judge its limits -> publish

Nothing is fitted, and where the gate refuses there is no second choice.
"""

from dataclasses import replace

import numpy as np

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason, ImportRequest, TrainResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.imported_file import Foreign, foreign_model, refused
from tidewheel_trainer.train.judging_import import (
    later_rows,
    learned_rows,
    tested_as_it_is,
    trained_through,
)
from tidewheel_trainer.train.material import Material, gathered, material_of
from tidewheel_trainer.train.outcome import Trial
from tidewheel_trainer.train.recording import publish, record_refusal, record_shortage, recorded
from tidewheel_trainer.train.refitting import Fit, to_publish
from tidewheel_trainer.train.run import Run, run_of
from tidewheel_trainer.train.signing import Signer
from tidewheel_trainer.train.target import Target
from tidewheel_trainer.train.testing import with_limits

__all__ = ["import_model"]

_MOST_NAMED = 20


def import_model(
    request: ImportRequest, store: Store, surroundings: Surroundings, progress: Progress
) -> TrainResult:
    """Return the verdict on an import, and the published artifact when the gate passed.

    Raises:
        TrainerError: ImportRefused, and with the reasons of `train`.
    """

    def record(run: Run, signer: Signer | None) -> None:
        _import_and_record(run, request, signer)

    return recorded(run_of(request, store, surroundings, progress), record)


def _import_and_record(run: Run, request: ImportRequest, signer: Signer | None) -> None:
    run.progress("Reading", 0, f"read {request.imported.file}")
    foreign = foreign_model(run.store, request)
    run = replace(run, request=_with_parameters(request, foreign))
    material = _of_its_columns(gathered(run), foreign, run.request.dataset_name)
    recipe, rows = material.recipes[0], material.rows
    _refuse_other_classes(foreign, rows.target)
    split = later_rows(run, material, request.imported)
    if isinstance(split, Shortage):
        record_shortage(run, material, split)
        return
    trial = tested_as_it_is(run, material, split, recipe, foreign)
    if trial.judgement.verdict is Verdict.REFUSED:
        record_refusal(run, material, trial)
        return
    learned = learned_rows(rows, request.imported)
    fit = Fit(
        model=foreign.model,
        data=foreign.data,
        seconds=None,
        training_rows=int(np.count_nonzero(learned)),
        trained_through=trained_through(request.imported),
    )
    refit = to_publish(fit, recipe, material, trial.places, run.surroundings.seconds)
    trial = with_limits(trial, material.gate.limits, refit.cost)
    if _is_refused(trial):
        record_refusal(run, material, trial)
        return
    publish(run, material, trial, refit, rows.frame[learned], signer)


def _is_refused(trial: Trial) -> bool:
    return trial.judgement.verdict is Verdict.REFUSED


def _with_parameters(request: ImportRequest, foreign: Foreign) -> ImportRequest:
    training = request.training.model_copy(update={"candidates": (foreign.candidate,)})
    return request.model_copy(update={"training": training})


def _of_its_columns(material: Material, foreign: Foreign, dataset: str) -> Material:
    """Return the material with a recipe that reads the model's columns alone, in its order."""
    wide, order = material.recipes[0], {name: at for at, name in enumerate(foreign.columns)}
    missing = [name for name in foreign.columns if name not in wide.features]
    if missing:
        named = ", ".join(repr(name) for name in missing[:_MOST_NAMED])
        raise TrainerError(
            FailureReason.COLUMN_MISSING,
            f"the imported model {foreign.key!r} asks for {named}, which is no feature of the "
            f"Dataset {dataset!r}; it has {', '.join(wide.features[:_MOST_NAMED])}",
        )
    recipe = wide.model_copy(
        update={
            reading: tuple(sorted((one for one in columns if one in order), key=order.__getitem__))
            for reading, columns in _by_reading(wide).items()
        }
    )
    return material_of(replace(material, recipes=(recipe,)), recipe)


def _by_reading(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    return {
        "numeric": recipe.numeric,
        "categorical": recipe.categorical,
        "text": recipe.text,
        "dates": recipe.dates,
    }


def _refuse_other_classes(foreign: Foreign, target: Target) -> None:
    """Refuse a model that tells other classes apart, or the same ones in another type."""
    if not target.classes:
        return
    if not hasattr(foreign.model, "predict_proba"):
        raise refused(foreign.key, "gives no probabilities, which a classifier is served by")
    found = np.asarray(foreign.model.classes_)
    # Text is kept as objects by one version of numpy and by its length by another.
    natural = found.astype(np.str_) if found.dtype.kind == "O" else found
    same_type = natural.dtype.kind == target.class_values.dtype.kind
    if not same_type or not np.array_equal(natural, target.class_values):
        raise refused(
            foreign.key,
            f"answers {_listed(found)} ({found.dtype}), and the target has "
            f"{_listed(target.class_values)} ({target.class_values.dtype}); fit it on the target "
            "as the Dataset has it",
        )


def _listed(values: np.ndarray) -> str:
    more = f" and {len(values) - _MOST_NAMED} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(repr(each) for each in values[:_MOST_NAMED].tolist()) + more
