"""Say whether rows are enough to judge by; pure, and the reason that is why for people.

Below these numbers the gate refused 40 to 80 % of real improvements, or its error of days was
worth nothing (reference/judgement.md, sections 6 and 7). Of more than two classes the rarest one
must have as many rows as the rarer one of two: each weighs as much as the others in a macro mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.gate import Task

__all__ = ["ONE_MODEL", "TWO_MODELS", "Counts", "Guard", "Shortage", "shortage"]


@dataclass(frozen=True, slots=True)
class Guard:
    """The least rows, rows of the rarest class, and days (or groups) that a judgement needs."""

    rows: int
    rare_rows: int
    clusters: int


ONE_MODEL: Mapping[Task, Guard] = {
    Task.CLASSIFICATION: Guard(rows=1000, rare_rows=100, clusters=0),
    Task.REGRESSION: Guard(rows=500, rare_rows=0, clusters=0),
}
# The error of a difference is clustered by day or group, and few clusters tell nothing of it.
TWO_MODELS: Mapping[Task, Guard] = {
    Task.CLASSIFICATION: Guard(rows=1000, rare_rows=100, clusters=10),
    Task.REGRESSION: Guard(rows=500, rare_rows=0, clusters=10),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows, rows of the rarest class, and days (or groups) a test would have.

    `rarest` is how that class is called, of a number nothing.
    """

    rows: int
    rare_rows: int
    clusters: int
    rarest: str


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why the rows cannot be split into learning and testing, as a sentence."""

    sentence: str


def shortage(found: Counts, guard: Guard, cluster_word: str) -> Shortage | None:
    """Return what these rows lack for a judgement, or None.

    Args:
        found: what the widest allowed test window holds.
        guard: what is needed to judge.
        cluster_word: what a cluster is, in the plural: days or groups.
    """
    if (
        found.rows >= guard.rows
        and found.rare_rows >= guard.rare_rows
        and found.clusters >= guard.clusters
    ):
        return None
    there, needed = f"the test rows are {found.rows:,}", [f"{guard.rows:,}"]
    if found.rarest:
        there += f" with {found.rare_rows:,} of {found.rarest}"
        needed.append(f"{guard.rare_rows}")
    if not guard.clusters:
        return Shortage(f"{there}; a judgement needs {' and '.join(needed)}")
    return Shortage(
        f"{there} on {found.clusters} {cluster_word}; a comparison needs {', '.join(needed)} and "
        f"{guard.clusters}"
    )
