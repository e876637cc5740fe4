"""Rows that are new, and the runs that they open."""

from typing import Any

from tests.builders import make_snapshot
from tests.unit.operator.policies.loops import recipe, target

from tidewheel_operator.manifests.names import digest_of

__all__ = ["fingerprint", "grown"]


def grown(labelled_rows: int) -> Any:
    return make_snapshot("snapshot two", labelled_rows)


def fingerprint(snapshot: Any, **spec: Any) -> str:
    return digest_of(f"{snapshot.digest}\n{recipe(**spec)}\n{target()}")
