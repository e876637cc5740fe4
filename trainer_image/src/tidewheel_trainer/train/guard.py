"""Say whether rows are enough to judge by; pure, and the reason that is why for people.

Below these numbers the gate refused 40 to 80 % of real improvements, or its error of days was
worth nothing (reference/judgement.md, sections 6 and 7).
"""

from dataclasses import dataclass

__all__ = ["LEAST_CLUSTERS", "LEAST_RARE_ROWS", "LEAST_ROWS", "Counts", "Shortage", "shortage"]

LEAST_ROWS = 1000
LEAST_RARE_ROWS = 100
LEAST_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows, rows of the rarer class, and days (or groups) a test would have."""

    rows: int
    rare_rows: int
    clusters: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why the rows cannot be split into learning and testing, as a sentence."""

    sentence: str


def shortage(found: Counts, cluster_word: str) -> Shortage | None:
    """Return what is missing to compare two models on these rows, or None.

    Args:
        found: what the widest allowed test window holds.
        cluster_word: what a cluster is, in the plural: days or groups.
    """
    if (
        found.rows >= LEAST_ROWS
        and found.rare_rows >= LEAST_RARE_ROWS
        and found.clusters >= LEAST_CLUSTERS
    ):
        return None
    return Shortage(
        f"the test rows are {found.rows:,} with {found.rare_rows:,} of the rarer class on "
        f"{found.clusters} {cluster_word}; a judgement needs {LEAST_ROWS:,}, {LEAST_RARE_ROWS} "
        f"and {LEAST_CLUSTERS}"
    )
