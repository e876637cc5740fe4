"""Show what was tried: candidates, or the trials of a search, the best ones first."""

from collections.abc import Iterable, Sequence

import numpy as np

from tidewheel_trainer.pages.drawing import key
from tidewheel_trainer.pages.markup import element, number, short_number, table, text
from tidewheel_trainer.run_report.findings import Attempt
from tidewheel_trainer.run_report.plane import Axis, Plane, dots, line, picture
from tidewheel_trainer.run_report.words import parameters_text

__all__ = ["attempts_section", "open_parameters", "ranked"]

_FEW = 30
# Bytes of the rows of the table, so that the page stays small whatever texts they hold.
_MOST_BYTES = 200_000
_LONGEST_PARAMETERS = 240
_LONGEST_NOTE = 160
_COLOURS = 6


def attempts_section(attempts: Sequence[Attempt], metric: str) -> str:
    """Return the HTML of what was tried; metric names the score."""
    listed = ranked(attempts)
    listing = _listing(listed, metric)
    if len(listed) > _FEW:
        listing = element("details", element("summary", "All trials, the best first") + listing)
    return _fixed(attempts) + _picture(attempts, metric) + listing


def ranked(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return the chosen attempt, then all others from the best score to those without any."""
    worst = float("-inf")
    return sorted(
        attempts,
        key=lambda each: (
            not each.is_chosen,
            -(worst if each.score is None else each.score),
            each.number,
        ),
    )


def open_parameters(attempts: Sequence[Attempt]) -> dict[str, frozenset[str]]:
    """Return, by candidate, the parameters that are not the same in all of its attempts.

    Of a candidate that was tried once these are all.
    """
    found: dict[str, frozenset[str]] = {}
    for candidate in dict.fromkeys(each.candidate for each in attempts):
        own = [each.parameters for each in attempts if each.candidate == candidate]
        names = {name for parameters in own for name in parameters}
        found[candidate] = frozenset(
            name
            for name in names
            if len(own) == 1
            or any(name not in each or each[name] != own[0].get(name) for each in own)
        )
    return found


def _fixed(attempts: Sequence[Attempt]) -> str:
    """Tell once what all attempts of a candidate share."""
    is_open = open_parameters(attempts)
    lines = ""
    for candidate, names in is_open.items():
        first = next(each for each in attempts if each.candidate == candidate)
        shared = {name: value for name, value in first.parameters.items() if name not in names}
        if shared:
            said = text(parameters_text(shared), _LONGEST_PARAMETERS)
            lines += element("li", f"<b>{text(candidate)}</b>: <bdi>{said}</bdi>")
    return (
        element("p", "The same in all trials of a candidate:") + f"<ul>{lines}</ul>"
        if lines
        else ""
    )


def _listing(listed: list[Attempt], metric: str) -> str:
    is_open = open_parameters(listed)
    heads = [
        ("number", "i"),
        ("candidate", ""),
        ("estimator", ""),
        ("parameters", "p"),
        (f"validation {metric}", "n"),
        ("", ""),
    ]
    rows: list[tuple[str, ...]] = []
    room = _MOST_BYTES
    for each in listed:
        row = _row(each, is_open[each.candidate])
        room -= sum(len(cell.encode()) for cell in row) + 100
        if room < 0:
            break
        rows.append(row)
    caption = f"{number(len(listed))} tried"
    if len(rows) < len(listed):
        caption += f"; the best {number(len(rows))} are listed"
    return table(caption, heads, rows)


def _row(attempt: Attempt, names: frozenset[str]) -> tuple[str, ...]:
    parameters = {name: value for name, value in attempt.parameters.items() if name in names}
    chosen = element("span", "chosen", class_="tag") if attempt.is_chosen else ""
    return (
        number(attempt.number),
        text(attempt.candidate, 40) + chosen,
        text(attempt.estimator.rpartition(".")[2], 80),
        f"<bdi>{text(parameters_text(parameters), _LONGEST_PARAMETERS)}</bdi>",
        "" if attempt.score is None else short_number(attempt.score),
        f"<bdi>{text(attempt.note, _LONGEST_NOTE)}</bdi>",
    )


def _picture(attempts: Sequence[Attempt], metric: str) -> str:
    """Draw scores by trial, and the best one so far as a line."""
    scored = sorted((each for each in attempts if each.score is not None), key=lambda a: a.number)
    if len(scored) < 3:
        return ""
    numbers = np.array([each.number for each in scored], dtype=np.float64)
    scores = np.array([each.score for each in scored], dtype=np.float64)
    plane = Plane(Axis("trial", numbers[0], numbers[-1]), _score_axis(scores, metric))
    names = list(dict.fromkeys(each.candidate for each in scored))
    marks, keys = "", []
    for place, name in enumerate(names):
        own = np.array([each.candidate == name for each in scored])
        marks += dots(plane, numbers[own], scores[own], f"s{place % _COLOURS}")
        keys.append((f"class{place % _COLOURS}", name))
    best = np.maximum.accumulate(scores)
    rises = np.flatnonzero(np.diff(best, prepend=-np.inf))
    steps = np.append(np.repeat(rises, 2)[1:], len(best) - 1)
    marks += line(plane, numbers[steps], np.repeat(best[rises], 2), "best")
    words = (
        f"Validation {metric} by trial: {len(scored)} scores, the best {short_number(best[-1])} in "
        f"trial {scored[int(np.argmax(scores))].number}"
    )
    drawn = picture(plane, words, marks)
    said = f"Validation {metric} by trial. The line is the best so far."
    return element("div", element("p", text(said)) + drawn + key(keys), class_="panel narrow")


def _score_axis(scores: np.ndarray, metric: str) -> Axis:
    """Return an axis that a few very bad trials do not make flat; they lie at its lower end."""
    low, high = float(np.quantile(scores, 0.05)), float(np.max(scores))
    room = (high - low) * 0.08 or max(abs(high) * 0.01, 1e-6)
    return Axis(metric, low - room, high + room)
