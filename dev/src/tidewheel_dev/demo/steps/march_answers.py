"""Step b: ask the model about a month that it has never seen."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from rich import table

from tidewheel_dev.demo import flights, questions, screen, web
from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.endpoint import Endpoint, open_endpoint
from tidewheel_dev.demo.expectation import expect

__all__ = ["MarchAnswers", "run"]

_BATCH_ROWS = 400
_SHOWN_ROWS = 8
# This recipe reaches .698, and .65 without the weather.
_LEAST_AUC = 0.68


@dataclass(frozen=True, slots=True)
class MarchAnswers:
    """How well version 1 tells late flights of March from the others."""

    rows: int
    auc: float


def run(demo: Demo) -> MarchAnswers:
    """Send all flights of March to the stable endpoint and compare with what happened."""
    screen.heading("b  March, asked before it is learned")
    endpoint = open_endpoint(demo)
    march = flights.of_month(demo.flights, 3)
    probabilities = _ask_all(endpoint, march)
    _show(march, probabilities)
    auc = questions.auc(march[flights.TARGET].tolist(), probabilities)
    screen.say(f"AUC on {len(march):,} flights of March: {auc:.3f}")
    expect(auc > _LEAST_AUC, f"an AUC on March above {_LEAST_AUC}", f"{auc:.3f}")
    return MarchAnswers(len(march), auc)


def _ask_all(endpoint: Endpoint, rows: pd.DataFrame) -> list[float]:
    asked = flights.features(rows)
    probabilities: list[float] = []
    connection = web.Connection(endpoint.url)
    for start in range(0, len(asked), _BATCH_ROWS):
        body = endpoint.body(asked.iloc[start : start + _BATCH_ROWS])
        answer = endpoint.ask(connection, body)
        expect(answer.version == 1, "version 1 answers", answer.version)
        probabilities.extend(answer.probabilities)
    connection.close()
    return probabilities


def _show(rows: pd.DataFrame, probabilities: list[float]) -> None:
    shown = table.Table(title="some answers", title_justify="left")
    for column in ("scheduled", "flight", "probability of late", "was late"):
        shown.add_column(column)
    for position in range(0, len(rows), len(rows) // _SHOWN_ROWS + 1):
        row = rows.iloc[position]
        route = f"{row['carrier']} {row['origin']}-{row['dest']}"
        happened = "yes" if row[flights.TARGET] else "no"
        shown.add_row(str(row[flights.TIME]), route, f"{probabilities[position]:.2f}", happened)
    screen.show(shown)
