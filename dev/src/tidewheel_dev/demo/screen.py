"""What a person sees: headings, sentences, and a table of all objects that stays up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich import console, live, panel, table
from rich.markup import escape

from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_dev.demo.state import Item, State

__all__ = ["Board", "Line", "heading", "lines", "say", "show"]

_CONSOLE = console.Console(highlight=False, soft_wrap=True)
_COLORS = {"True": "green", "False": "yellow", "Unknown": "bright_black"}
_LONGEST_MESSAGE = 100


def heading(title: str) -> None:
    """Begin a step."""
    _CONSOLE.print()
    _CONSOLE.print(panel.Panel(f"[bold]{escape(title)}[/]", expand=False, border_style="cyan"))


def say(text: str) -> None:
    """Print one sentence."""
    _CONSOLE.print(f"  {text}", markup=False)


def show(what: console.RenderableType) -> None:
    """Print a table."""
    _CONSOLE.print(what)


@dataclass(frozen=True, slots=True)
class Line:
    """One object as the table shows it."""

    object: str
    ready: str
    reason: str
    message: str


def lines(state: State) -> tuple[Line, ...]:
    """Return one line an object."""
    return tuple(_line(item) for item in state.items)


@dataclass(slots=True)
class Board:
    """The table of all objects; without a terminal, a line for every change of one."""

    printed: dict[str, Line] = field(default_factory=dict)
    display: live.Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the table on the terminal while the block runs."""
        if not _CONSOLE.is_terminal:
            yield
            return
        with live.Live(console=_CONSOLE, refresh_per_second=4, transient=True) as display:
            self.display = display
            yield
        self.display = None

    def update(self, state: State, waiting_for: str) -> None:
        """Show how the objects are now."""
        if self.display is not None:
            self.display.update(_table(lines(state), waiting_for))
            return
        for line in lines(state):
            if self.printed.get(line.object) != line:
                said = f"Ready={line.ready:<8} {line.reason}: {line.message}"
                say(f"{line.object:<40} {said}")
                self.printed[line.object] = line


def _line(item: Item[Any, Any]) -> Line:
    ready = item.condition("Ready")
    if ready is None:
        return Line(f"{item.kind} {item.name}", "Unknown", "Pending", "")
    return Line(f"{item.kind} {item.name}", str(ready.status), ready.reason, _message(item))


def _message(item: Item[Any, Any]) -> str:
    found = item.condition("Stalled") or item.condition("Ready")
    text = found.message if found is not None else ""
    triggered = item.condition("Triggered")
    if triggered is not None:
        text = f"{triggered.reason}: {triggered.message}"
    if isinstance(item.status, TrainingRunStatus) and item.status.trigger is not None:
        text = f"cause {item.status.trigger.cause}; {text}"
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 3]}..."


def _table(rows: tuple[Line, ...], waiting_for: str) -> table.Table:
    shown = table.Table(title=f"waiting for {waiting_for}", title_justify="left", expand=True)
    for column in ("object", "ready", "reason"):
        shown.add_column(column, no_wrap=True)
    shown.add_column("says")
    for row in rows:
        color = _COLORS.get(row.ready, "white")
        ready = f"[{color}]{escape(row.ready)}[/]"
        shown.add_row(escape(row.object), ready, escape(row.reason), escape(row.message))
    return shown
