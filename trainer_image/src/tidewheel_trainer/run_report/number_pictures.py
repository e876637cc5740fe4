"""Show how a model of a number answered on the test rows."""

import numpy as np

from tidewheel_trainer.pages.markup import element, number, short_number, text
from tidewheel_trainer.run_report.findings import Answers
from tidewheel_trainer.run_report.numbers import density, residual_bins, spread
from tidewheel_trainer.run_report.plane import Axis, Plane, bars, cells, picture, rule

__all__ = ["numbers_section"]


def numbers_section(answers: Answers, target: str) -> str:
    """Return the HTML of predicted against true numbers, and of the residuals."""
    truth, predicted = answers.truth, answers.candidate
    residuals = predicted - truth
    cards = _against(truth, predicted, target[:30])
    cards += _residuals(predicted, residuals, target[:30])
    cards += _histogram(residuals)
    note = (
        "Residuals are predicted less true numbers of the candidate: above 0, it answers too much."
    )
    return element("p", note, class_="quiet") + element("div", cards, class_="cards two")


def _card(title: str, about: str, drawn: str) -> str:
    heading = element("h3", text(title)) + element("div", text(about), class_="of")
    return element("article", element("div", heading) + drawn)


def _against(truth: np.ndarray, predicted: np.ndarray, target: str) -> str:
    both = spread(truth, predicted)
    grid = density(truth, predicted, both, both)
    plane = Plane(Axis(f"true {target}", *both), Axis(f"predicted {target}", *both))
    marks = cells(plane, grid.x_edges, grid.y_edges, grid.rows)
    marks += rule(plane, (both[0], both[0]), (both[1], both[1]))
    words = (
        f"Predicted against true numbers: a stronger colour is more rows{_outside(grid.outside)}"
    )
    return _card("Predicted and true", words, picture(plane, words, marks))


def _residuals(predicted: np.ndarray, residuals: np.ndarray, target: str) -> str:
    x_range, y_range = spread(predicted), spread(residuals)
    grid = density(predicted, residuals, x_range, y_range)
    plane = Plane(Axis(f"predicted {target}", *x_range), Axis("residual", *y_range))
    marks = cells(plane, grid.x_edges, grid.y_edges, grid.rows)
    if y_range[0] <= 0 <= y_range[1]:
        marks += rule(plane, (x_range[0], 0.0), (x_range[1], 0.0))
    words = f"Residuals by predicted number: a stronger colour is more rows{_outside(grid.outside)}"
    return _card("Residuals", words, picture(plane, words, marks))


def _histogram(residuals: np.ndarray) -> str:
    found = residual_bins(residuals)
    most = float(max(1, found.rows.max()))
    plane = Plane(Axis("residual", found.edges[0], found.edges[-1]), Axis("rows", 0.0, most))
    said = [
        f"{short_number(float(begin))} to {short_number(float(end))}: {number(int(rows))} rows"
        for begin, end, rows in zip(found.edges[:-1], found.edges[1:], found.rows, strict=True)
    ]
    marks = bars(plane, found.edges, found.rows.astype(np.float64), said, "bar")
    marks += rule(plane, (0.0, 0.0), (0.0, most))
    finite = residuals[np.isfinite(residuals)]
    middle = short_number(float(np.median(finite))) if len(finite) else "unknown"
    words = f"Rows by residual: the median is {middle}{_outside(found.outside)}"
    return _card("Spread of residuals", words, picture(plane, words, marks))


def _outside(rows: int) -> str:
    return f"; {number(rows)} rows lie outside" if rows else ""
