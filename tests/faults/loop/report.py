"""What the perturbations showed, as a table to print and as a file that other programs read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table
from tests.faults.loop.trials import Outcome, problems_of

__all__ = ["Report", "Row", "table_of"]


@dataclass(frozen=True, slots=True)
class Row:
    """One perturbation in all its trials."""

    perturbation: str
    writes: int
    trials: int
    faults: int
    kills: int
    converged: int
    seconds: float
    problems: str


@dataclass
class Report:
    """All rows; `writes` are those of the longest story that was recorded."""

    file: Path
    seed: int
    is_long: bool
    rows: list[Row] = field(default_factory=list)
    # What the rig learned later than its watches should have told; nothing, on a good day.
    rig_was_behind: list[str] = field(default_factory=list)

    def add(self, perturbation: str, writes: int, outcomes: Sequence[Outcome]) -> None:
        """Add a perturbation and write the file anew: the next one may take an hour."""
        self.rows.append(
            Row(
                perturbation=perturbation,
                writes=writes,
                trials=len(outcomes),
                faults=sum(outcome.struck for outcome in outcomes),
                kills=sum(outcome.kills for outcome in outcomes),
                converged=sum(not outcome.problems for outcome in outcomes),
                seconds=round(sum(outcome.seconds for outcome in outcomes), 1),
                problems=problems_of(outcomes),
            )
        )
        self._write()

    def tell_of_rig(self, behind: Sequence[str]) -> None:
        """Add what the rig did not see in time, which is no fault of the operator."""
        self.rig_was_behind += behind
        if self.rows:
            self._write()

    def _write(self) -> None:
        killed = [row for row in self.rows if row.kills]
        content = {
            "writes": max(row.writes for row in self.rows),
            "kills": sum(row.kills for row in killed),
            "converged": sum(row.converged for row in killed),
            "trials": sum(row.trials for row in self.rows),
            "trials_converged": sum(row.converged for row in self.rows),
            "seed": self.seed,
            "is_long": self.is_long,
            "rig_was_behind": self.rig_was_behind,
            "table": [asdict(row) for row in self.rows],
        }
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(json.dumps(content, indent=2) + "\n")


def table_of(rows: Sequence[Row]) -> Table:
    """Return the table for a terminal."""
    table = Table(title="faults", title_justify="left")
    columns = ("perturbation", "writes", "trials", "faults", "kills", "converged", "seconds")
    for column in columns:
        table.add_column(column, justify="left" if column == "perturbation" else "right")
    for row in rows:
        table.add_row(*(str(getattr(row, column)) for column in columns))
    return table
