"""Read a model that was made elsewhere, and find out what it is; nothing of it is believed unread.

    bytes of the declared digest -> listed types alone -> constructed, by this scikit-learn
                                 -> a pipeline with named columns, whose last step is the candidate

The parameters of that step are the file's, so that later runs know the recipe as it was fitted.
"""

import hashlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.artifact import layout
from tidewheel_contracts.job import FailureReason, ImportRequest
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, Store
from tidewheel_trainer.train.estimator_list import ALLOWED, Allowed
from tidewheel_trainer.train.estimators import checked_parameters
from tidewheel_trainer.train.model_file import read_model

__all__ = ["LOADING_ERRORS", "Foreign", "foreign_model", "refused"]

# What damaged state of a listed type raises where it is set or asked.
LOADING_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A model as its file gives it, the file's bytes and key, and the columns that it asks for.

    `candidate` is the run's own, with the parameters that the file has.
    """

    model: Pipeline
    data: bytes
    key: str
    columns: tuple[str, ...]
    candidate: Candidate


def foreign_model(store: Store, request: ImportRequest) -> Foreign:
    """Return the model that a run imports.

    Raises:
        TrainerError: ImportRefused, when the file is missing, is another than was declared, holds
            what is not listed, or is no model that can be judged and served; EstimatorUnknown or
            ParameterInvalid for its candidate.
    """
    imported, candidate = request.imported, request.training.candidates[0]
    spec = request.store.spec
    key = layout.import_key(spec.prefix, request.store.namespace, imported.file)
    data = _bytes(store, key, imported)
    # A candidate that is not on the list is told before the file is opened.
    checked_parameters(candidate)
    model = _constructed(data, key)
    learner = _learner(model, key)
    columns = getattr(model, "feature_names_in_", None)
    if columns is None:
        raise refused(
            key,
            "does not know its columns by name; fit it on a pandas DataFrame with the columns of "
            "the Dataset",
        )
    return Foreign(model, data, key, tuple(map(str, columns)), _described(learner, candidate, key))


def refused(key: str, fault: str) -> TrainerError:
    """Return why a file is not imported."""
    return TrainerError(FailureReason.IMPORT_REFUSED, f"the imported model {key!r} {fault}")


def _bytes(store: Store, key: str, imported: ImportedModel) -> bytes:
    try:
        data = store.get(key)
    except ObjectMissingError as error:
        raise refused(key, "is not in the bucket; put it there, and apply a new run") from error
    found = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if found != imported.digest:
        raise refused(key, f"has the digest {found}, and `imported.digest` says {imported.digest}")
    return data


def _constructed(data: bytes, key: str) -> Pipeline:
    """Return the object in a file, if this scikit-learn wrote it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            model: object = read_model(data, key)
    except TrainerError as error:
        if error.reason is not FailureReason.ARTIFACT_DAMAGED:
            raise
        raise TrainerError(FailureReason.IMPORT_REFUSED, error.message) from error
    except InconsistentVersionWarning as error:
        raise refused(
            key,
            f"was written by scikit-learn {error.original_sklearn_version}, and this image has "
            f"{error.current_sklearn_version}; fit it again there, for attributes change their "
            "meaning between versions",
        ) from error
    except LOADING_ERRORS as error:
        raise refused(key, f"cannot be read: {error}") from error
    if not isinstance(model, Pipeline):
        raise refused(
            key,
            f"is a {type(model).__name__}; wrap it by `sklearn.pipeline.make_pipeline`, with all "
            "that prepares its columns",
        )
    return model


def _learner(model: Pipeline, key: str) -> BaseEstimator:
    """Return the last step of a pipeline."""
    learner = model.steps[-1][1] if model.steps else None
    if not isinstance(learner, BaseEstimator):
        raise refused(key, "has no estimator as its last step")
    return learner


def _described(learner: BaseEstimator, candidate: Candidate, key: str) -> Candidate:
    """Return the candidate with the parameters of the file, if it is that estimator."""
    allowed = ALLOWED[candidate.estimator]
    if type(learner) is not allowed.build:
        known = [name for name, each in ALLOWED.items() if each.build is type(learner)]
        remedy = f"name {known[0]!r}" if known else "no candidate can name that"
        raise refused(
            key,
            f"has a {type(learner).__name__} as its last step, and the candidate "
            f"{candidate.name!r} names {candidate.estimator!r}; {remedy}",
        )
    found = _parameters(learner, allowed)
    for name, asked in candidate.parameters.items():
        has = found.get(name, learner.get_params(deep=False).get(name))
        if has != asked:
            raise refused(
                key,
                f"has {name!r} {has!r}, and the candidate {candidate.name!r} says {asked!r}; leave "
                "the parameters out, the file has them",
            )
    described = candidate.model_copy(update={"parameters": found})
    checked_parameters(described)
    return described


def _parameters(learner: BaseEstimator, allowed: Allowed) -> dict[str, Any]:
    """Return the parameters that are not what the class takes by itself, or that we would set."""
    plain = allowed.build().get_params(deep=False)
    names = plain.keys() if allowed.booster is None else allowed.booster.parameters.keys()
    values = {name: _json(value) for name, value in learner.get_params(deep=False).items()}
    return {
        name: values[name]
        for name in sorted(names - allowed.ours)
        if name in values and (name in allowed.defaults or not _equal(values[name], plain[name]))
    }


def _json(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _equal(first: object, second: object) -> bool:
    # Arrays are equal to nothing by themselves; they are refused as parameters.
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return False
    # XGBoost says by NaN what a missing value is.
    return type(first) is type(second) and bool(first == second or first != first)
