"""Check the search of a run before any row is read; pure."""

import math
from collections.abc import Mapping
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Candidate, Training
from tidewheel_contracts.api.v1alpha1.search import (
    Dimension,
    IntegerRange,
    NumberRange,
    Scale,
    SearchMethod,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.space import with_drawn
from tidewheel_trainer.train.estimators import checked_parameters

__all__ = ["check_search"]


def check_search(training: Training) -> None:
    """Refuse a search whose trials could not be drawn or fitted.

    Every listed value and both ends of every range are tried on the estimator's constructor, since
    scikit-learn checks each parameter by itself: what lies between two good ends is good.

    Raises:
        TrainerError: SearchInvalid for the search itself; ParameterInvalid for a parameter that
            the estimator does not have or a value that it refuses.
    """
    search = training.search
    if search is None:
        _refuse_spaces(training.candidates)
        return
    if search.trials < len(training.candidates):
        raise _invalid(
            f"`search.trials` is {search.trials} and there are {len(training.candidates)} "
            "candidates, each of which takes a trial at least; raise `trials` or name fewer "
            "candidates"
        )
    for candidate in training.candidates:
        names = [dimension.parameter for dimension in candidate.space]
        for dimension in candidate.space:
            where = f"candidate {candidate.name!r}: `space` parameter {dimension.parameter!r}"
            if names.count(dimension.parameter) > 1:
                raise _invalid(f"{where} is listed more than once; keep one")
            if dimension.parameter in candidate.parameters:
                raise _invalid(
                    f"{where} is also fixed in `parameters`; take it out of one of the two"
                )
            _check_dimension(where, dimension, search.method)
        _check_values(candidate)
    if search.method is SearchMethod.GRID:
        _check_combinations(training.candidates, search.trials)


def _refuse_spaces(candidates: tuple[Candidate, ...]) -> None:
    for candidate in candidates:
        if candidate.space:
            raise _invalid(
                f"candidate {candidate.name!r} has a `space` and the run no `search`; add one, "
                "`search: {}` is enough"
            )


def _check_dimension(where: str, dimension: Dimension, method: SearchMethod) -> None:
    given = [
        name
        for name, part in (
            ("choice", dimension.choice),
            ("number", dimension.number),
            ("integer", dimension.integer),
        )
        if part is not None
    ]
    if len(given) != 1:
        found = " and ".join(f"`{name}`" for name in given) or "none of them"
        raise _invalid(f"{where} must have one of `choice`, `number` and `integer`; it has {found}")
    if method is SearchMethod.GRID and dimension.choice is None:
        raise _invalid(
            f"{where} has `{given[0]}`, and method Grid takes a `choice` of listed values only; "
            "list them or choose another method"
        )
    if dimension.number is not None:
        low, high = float(dimension.number.low), float(dimension.number.high)
        _check_bounds(f"{where}: `number", dimension.number, low, high)
    if dimension.integer is not None:
        low, high = dimension.integer.low, dimension.integer.high
        _check_bounds(f"{where}: `integer", dimension.integer, low, high)


def _check_bounds(where: str, bounds: NumberRange | IntegerRange, low: float, high: float) -> None:
    if low >= high:
        raise _invalid(
            f"{where}.low` is {bounds.low} and `high` is {bounds.high}; `low` must be less than "
            "`high`"
        )
    if bounds.scale is Scale.LOG and low <= 0:
        raise _invalid(
            f"{where}.low` is {bounds.low} and `scale` is Log; `low` must be above 0, or `scale` "
            "Linear"
        )


def _check_values(candidate: Candidate) -> None:
    """Try each end of each dimension, beside the first ends of the others."""
    ends = {each.parameter: _ends(each) for each in candidate.space}
    first = {name: values[0] for name, values in ends.items()}
    checked_parameters(_fixed(candidate, first))
    for name, values in ends.items():
        for value in values[1:]:
            checked_parameters(_fixed(candidate, {**first, name: value}))


def _check_combinations(candidates: tuple[Candidate, ...], trials: int) -> None:
    """Refuse a grid of more combinations than trials before any of them is made."""
    count = sum(
        math.prod(len(each.choice.values) for each in candidate.space if each.choice)
        for candidate in candidates
    )
    if count > trials:
        raise _invalid(
            f"the candidates have {count:,} combinations of the values in their `space`, and "
            f"`search.trials` is {trials}; raise `trials` (to 1,000 at most), list fewer values, "
            "or choose method Random"
        )


def _fixed(candidate: Candidate, drawn: Mapping[str, Any]) -> Candidate:
    return candidate.model_copy(update={"parameters": with_drawn(candidate, drawn)})


def _ends(dimension: Dimension) -> tuple[Any, ...]:
    if dimension.choice is not None:
        return dimension.choice.values
    if dimension.integer is not None:
        return dimension.integer.low, dimension.integer.high
    assert dimension.number is not None  # noqa: S101  a checked dimension has one of the three
    return float(dimension.number.low), float(dimension.number.high)


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.SEARCH_INVALID, message)
