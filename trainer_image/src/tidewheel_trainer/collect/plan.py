"""Divide what a collection does to rows: at once for each piece, or over the whole data set."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.dataset_checks import OnFailure
from tidewheel_contracts.api.v1alpha1.dataset_steps import Step
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import CollectRequest
from tidewheel_trainer.clean.steps import divided

__all__ = ["Plan", "planned"]

# Another Secret opens the same source.
_NOT_IDENTITY = frozenset({"secretName", "headersSecretName", "tls"})


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps by when they are done, and digests of all that the snapshot depends on.

    Pieces of another `recipe` are read anew; another `finish` needs no reading. Where
    `makes_parts_of_all`, the snapshot's parts are made of all pieces together; otherwise each piece
    has its own.
    """

    per_piece: tuple[Step, ...]
    whole: tuple[Step, ...]
    makes_parts_of_all: bool
    quarantines_pieces: bool
    recipe: str
    finish: str


def planned(request: CollectRequest, *, is_repeatable: bool) -> Plan:
    """Return the plan; what cannot be read again is kept as it came, so that steps may change."""
    per_piece, whole = divided(request.steps) if is_repeatable else ((), request.steps)
    quarantines = request.checks.on_failure is OnFailure.QUARANTINE
    makes_parts_of_all = bool(whole) or not is_repeatable
    quarantines_pieces = quarantines and not makes_parts_of_all
    checks = request.checks.to_wire()
    # What the column is taken as changes no row.
    target = {"column": request.target.column}
    recipe = [
        _identity(request.source.to_wire()),
        _wires(per_piece),
        None if makes_parts_of_all else [target, _wires((request.time,))],
        checks if quarantines_pieces else None,
    ]
    finish = [_wires(whole), target, _wires((request.time,)), checks]
    return Plan(
        per_piece=per_piece,
        whole=whole,
        makes_parts_of_all=makes_parts_of_all,
        quarantines_pieces=quarantines_pieces,
        recipe=_digest(recipe),
        finish=_digest(finish),
    )


def _identity(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        kept = ((key, item) for key, item in value.items() if key not in _NOT_IDENTITY)
        return {key: _identity(item) for key, item in kept}
    return value


def _wires(models: Iterable[Any]) -> list[Any]:
    return [None if model is None else model.to_wire() for model in models]


def _digest(value: Any) -> str:  # noqa: ANN401 - any JSON
    return manifest_digest(json.dumps(value, sort_keys=True).encode())
