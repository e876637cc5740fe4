"""Decide from a snapshot's schema which columns a model learns from, and how each is read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tidewheel_contracts.api.v1alpha1.features import Features
from tidewheel_contracts.artifact.model import ModelInput, Recipe
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["FeatureChoice", "chosen_features", "datatype", "is_date", "model_inputs"]

_INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
# The Arrow names of half, single and double precision.
_FLOATS = frozenset({"halffloat", "float", "double"})
_DATES = ("timestamp", "date32", "date64")


@dataclass(frozen=True, slots=True)
class FeatureChoice:
    """The columns that a model reads in each way; those that were found in the schema's order."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    text: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


def datatype(arrow_type: str) -> str | None:
    """Return a column type in the words of the Open Inference Protocol; None if none fits."""
    if arrow_type == "bool":
        return "BOOL"
    if arrow_type in _INTEGERS:
        return "INT64"
    if arrow_type in _FLOATS or arrow_type.startswith("decimal"):
        return "FP64"
    return "BYTES" if arrow_type == "string" else None


def is_date(arrow_type: str) -> bool:
    """Say whether a column holds dates or timestamps, which models read as text in ISO 8601."""
    return arrow_type.startswith(_DATES)


def chosen_features(
    columns: Sequence[SnapshotColumn],
    named: Features,
    roles: Mapping[str, str],
) -> FeatureChoice:
    """Return the named features; a list that was left out is found from the schema.

    Found are numbers and booleans as numeric, text as categorical, dates and timestamps as dates;
    never a column of another role, or of any other type. What is read by its words is named alone.

    Args:
        columns: those of the snapshot.
        named: what the user says of them.
        roles: columns that are something else, such as the target, and what.

    Raises:
        TrainerError: ColumnMissing, ParameterInvalid for a column that cannot be read as said,
            or NoFeatures.
    """
    types = {column.name: datatype(column.type) for column in columns}
    dates = {column.name for column in columns if is_date(column.type)}
    _refuse_unusable(named, types, roles, dates)
    taken = {*roles, *named.numeric, *named.categorical, *named.text, *named.dates}
    free = [name for name in types if name not in taken]
    choice = FeatureChoice(
        numeric=named.numeric
        or tuple(name for name in free if types[name] in {"BOOL", "INT64", "FP64"}),
        categorical=named.categorical or tuple(name for name in free if types[name] == "BYTES"),
        text=named.text,
        dates=named.dates or tuple(name for name in free if name in dates),
    )
    if not (choice.numeric or choice.categorical or choice.text or choice.dates):
        raise TrainerError(
            FailureReason.NO_FEATURES,
            "the snapshot has no column to learn from beside "
            + ", ".join(f"{name!r} ({role})" for name, role in roles.items())
            + "; it needs at least one column of numbers, booleans, text or dates",
        )
    return choice


def model_inputs(columns: Sequence[SnapshotColumn], recipe: Recipe) -> tuple[ModelInput, ...]:
    """Return the inputs of a model of this recipe, numbers first."""
    types = {column.name: datatype(column.type) for column in columns}
    kinds = [(name, "Numeric") for name in recipe.numeric]
    kinds += [(name, "Categorical") for name in recipe.categorical]
    kinds += [(name, "Text") for name in recipe.text]
    kinds += [(name, "Date") for name in recipe.dates]
    return tuple(
        ModelInput(name=name, datatype=types[name] or "BYTES", kind=kind) for name, kind in kinds
    )


def _refuse_unusable(
    named: Features,
    types: Mapping[str, str | None],
    roles: Mapping[str, str],
    dates: Collection[str],
) -> None:
    others = (*named.numeric, *named.categorical, *named.text)
    for name in (*others, *named.dates):
        if name not in types:
            raise TrainerError(
                FailureReason.COLUMN_MISSING,
                f"the snapshot has no column {name!r}, which `features` names; it has "
                + _listed(types),
            )
        if name in roles:
            raise _invalid(f"`features` names {name!r}, the {roles[name]} column; take it out")
        if name in dates and name in others:
            raise _invalid(f"column {name!r} holds dates; name it under `features.dates`")
        if types[name] is None and name not in dates:
            raise _invalid(
                f"`features` names {name!r}, which holds no numbers, booleans, text or dates"
            )
    for name in named.numeric:
        if types[name] == "BYTES":
            raise _invalid(f"column {name!r} is text; name it under `features.categorical`")
    for name in named.text:
        if types[name] != "BYTES":
            raise _invalid(
                f"column {name!r} is no text; name it under `features.numeric` or "
                "`features.categorical`"
            )
    for name in named.dates:
        if name not in dates and types[name] != "BYTES":
            raise _invalid(
                f"`features.dates` names {name!r}, which holds neither dates nor text; add a "
                "`cast` step to Timestamp, or name it under `features.numeric`"
            )
    _refuse_two_kinds(named)


def _refuse_two_kinds(named: Features) -> None:
    lists = {
        "numeric": named.numeric,
        "categorical": named.categorical,
        "text": named.text,
        "a date": named.dates,
    }
    for (kind, names), (other_kind, others) in combinations(lists.items(), 2):
        both = set(names) & set(others)
        if both:
            raise _invalid(
                f"`features` names {min(both)!r} as {kind} and as {other_kind}; keep one"
            )


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)


def _listed(names: Iterable[str], shown: int = 20) -> str:
    everything = list(names)
    more = f" and {len(everything) - shown} more" if len(everything) > shown else ""
    return ", ".join(everything[:shown]) + more
