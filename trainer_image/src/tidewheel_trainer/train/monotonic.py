"""Features in which a model's answer may only rise, or only fall."""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.api.v1alpha1.features import Direction, Monotonic
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED
from tidewheel_trainer.train.target import Target

__all__ = ["check_monotonic", "constraints", "refuse_monotonic_of_classes"]

_SIGNS = {Direction.INCREASING: 1, Direction.DECREASING: -1}


def check_monotonic(training: Training, numeric: Sequence[str]) -> None:
    """Refuse monotonic features that are not numeric, or that a candidate cannot heed.

    Args:
        training: what is asked for; its estimators are known ones.
        numeric: the numeric features, named or found.

    Raises:
        TrainerError: ParameterInvalid.
    """
    if not training.features.monotonic:
        return
    for each in training.features.monotonic:
        if each.column not in numeric:
            raise _invalid(
                f"`features.monotonic` names {each.column!r}, which is no numeric feature of this "
                "run; name it in `features.numeric`, or take it out"
            )
    for candidate in training.candidates:
        if ALLOWED[candidate.estimator].constrained is None:
            short = candidate.estimator.rpartition(".")[2]
            others = ", ".join(
                name.rpartition(".")[2]
                for name, allowed in ALLOWED.items()
                if allowed.constrained is not None
            )
            raise _invalid(
                f"candidate {candidate.name!r}: {short} takes no monotonic features; leave "
                f"`features.monotonic` out, or use one of {others}"
            )


def refuse_monotonic_of_classes(
    monotonic: Sequence[Monotonic], target: Target, column: str
) -> None:
    """Refuse monotonic features where there is no one answer that could rise.

    Raises:
        TrainerError: ParameterInvalid.
    """
    if monotonic and len(target.classes) > 2:
        raise _invalid(
            f"`features.monotonic` needs a target of two classes or a number, and {column!r} has "
            f"{len(target.classes):,} classes; leave it out, or make two of them by a `derive` step"
        )


def constraints(recipe: Recipe, numeric: Sequence[str], width: int) -> list[int]:
    """Return 1, -1 or 0 for each column after preprocessing.

    Args:
        recipe: has monotonic features.
        numeric: the numeric columns that are learned, which preprocessing puts first.
        width: the number of columns after preprocessing.
    """
    signs = {each.column: _SIGNS[each.direction] for each in recipe.monotonic}
    first = [signs.get(name, 0) for name in numeric]
    return first + [0] * (width - len(first))


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)
