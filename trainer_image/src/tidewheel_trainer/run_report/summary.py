"""Write the summary of a training run in Markdown, for a terminal or a merge request."""

import re
from collections.abc import Iterable, Sequence

from tidewheel_trainer.pages.markup import MINUS, plain, short_number
from tidewheel_trainer.run_report.attempts import ranked
from tidewheel_trainer.run_report.findings import Findings
from tidewheel_trainer.run_report.measures import CONFIDENCE
from tidewheel_trainer.run_report.words import (
    data_lines,
    importance_words,
    interval,
    parameters_text,
    rival_name,
    signed,
    title,
)

__all__ = ["run_summary"]

_MOST_LISTED = 20
_LONGEST = 300
# What CommonMark, and GitHub beyond it, could take for markup in the middle of a line: a backslash
# before it makes it nothing but itself. An underscore inside a word is none.
_MARKS = re.compile(r"([\\`*\[\]<>|#~&$]|(?<!\w)_|_(?!\w))")


def run_summary(found: Findings) -> str:
    """Return the summary; the same findings give the same text."""
    parts = [
        f"# {_text(title(found))}",
        f"**{_text(found.outcome.reason)}**: {_text(found.outcome.sentence, 2000)}",
        "## Data",
        _list(data_lines(found)),
        *_attempts(found),
        *_measures(found),
        *_importance(found),
        *_gate(found),
        *_card(found),
        "## Made with",
        _list(found.lineage),
    ]
    return "\n\n".join(parts) + "\n"


def _attempts(found: Findings) -> list[str]:
    listed = ranked(found.attempts)[:_MOST_LISTED]
    more = len(found.attempts) - len(listed)
    rows = [
        (
            str(each.number),
            each.candidate,
            each.estimator,
            parameters_text(each.parameters),
            "" if each.score is None else short_number(each.score),
            "chosen" if each.is_chosen else each.note,
        )
        for each in listed
    ]
    heads = ("number", "candidate", "estimator", "parameters", f"validation {found.score}", "note")
    rest = [f"{more} more are in report.html."] if more else []
    return ["## What was tried", _table(heads, rows), *rest]


def _measures(found: Findings) -> list[str]:
    if not found.measures:
        return []
    heads = ("measure", "candidate", rival_name(found), "difference", f"{CONFIDENCE} interval")
    rows = [
        (
            each.name,
            short_number(each.candidate),
            "" if each.champion is None else short_number(each.champion),
            "" if each.difference is None else signed(each.difference),
            interval(each),
        )
        for each in found.measures
    ]
    if all(each.champion is None for each in found.measures):
        return ["## On the test rows", _table(heads[:2], [row[:2] for row in rows])]
    return ["## On the test rows", _table(heads, rows)]


def _importance(found: Findings) -> list[str]:
    importance = found.importance
    if importance is None:
        return []
    parts = ["## What the answers hang on", _text(importance_words(importance, found.metric), 1000)]
    listed = sorted(importance.columns, key=lambda each: -each.mean)[:_MOST_LISTED]
    rows = [(each.column, short_number(each.mean), short_number(each.deviation)) for each in listed]
    return [*parts, _table(("column", "mean", "deviation"), rows)] if rows else parts


def _gate(found: Findings) -> list[str]:
    rows = [(step.question, step.answer, step.found) for step in found.gate]
    return ["## What the gate asked", _table(("question", "answer", "found"), rows)] if rows else []


def _card(found: Findings) -> list[str]:
    lines = [f"- {name}: {_text(value, 1000)}" for name, value in found.card]
    return ["## What to know before use", "\n".join(lines)] if lines else []


def _list(items: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {_text(name)}: {_text(value)}" for name, value in items)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell if cell == '---' else _text(cell) for cell in line)} |"
        for line in lines
    )


def _text(value: str, most: int = _LONGEST) -> str:
    """Return a text in which nothing is markup, on one line."""
    # A terminal shows a hyphen, and whoever copies a number needs one.
    shown = " ".join(plain(value, most).replace(MINUS, "-").split())
    return _MARKS.sub(r"\\\1", shown)
