"""Show data, measures, importances, the gate and the lineage of a run."""

from tidewheel_trainer.pages.drawing import meter
from tidewheel_trainer.pages.frame import facts
from tidewheel_trainer.pages.markup import element, number, short_number, table, text
from tidewheel_trainer.run_report.findings import Findings
from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.run_report.measures import CONFIDENCE, Measure
from tidewheel_trainer.run_report.words import (
    data_lines,
    importance_words,
    interval,
    rival_name,
    signed,
)

__all__ = [
    "data_section",
    "gate_section",
    "importance_section",
    "lineage_section",
    "measures_section",
]

_MOST_LINES = 60
_MOST_IMPORTANT = 40
_LONGEST_NAME = 80


def data_section(found: Findings) -> str:
    """Return the HTML of the rows and of what the target is like in them."""
    lines = found.data.distribution
    shown = facts(data_lines(found))
    if not lines:
        return shown
    heads = [("", ""), ("all labelled rows", "n"), ("rows that tested", "n")]
    rows = [
        (f"<bdi>{text(name, _LONGEST_NAME)}</bdi>", text(learned), text(tested))
        for name, learned, tested in lines[:_MOST_LINES]
    ]
    caption = f"Target {found.data.target[:_LONGEST_NAME]}"
    if len(lines) > _MOST_LINES:
        caption += f"; the first {_MOST_LINES} of {number(len(lines))} classes"
    return shown + table(caption, heads, rows)


def measures_section(found: Findings) -> str:
    """Return the HTML of the measures on the test rows, side by side where there is a champion."""
    if not found.measures:
        return ""
    has_rival = any(each.champion is not None for each in found.measures)
    heads = [("measure", ""), ("candidate", "n")]
    if has_rival:
        difference = f"{CONFIDENCE} interval"
        heads += [(rival_name(found)[:80], "n"), ("difference", "n"), (difference, "n")]
    rows = [_measure(each, each.name == found.metric, has_rival) for each in found.measures]
    caption = "Measured once, on the test rows, by a fit that has learned none of them"
    note = ""
    if has_rival:
        note = element(
            "p",
            "The difference is candidate less champion. The error of its interval is clustered by "
            "day or group; only for the metric that the run is judged by is it measured even "
            "where that takes measuring again and again.",
            class_="quiet",
        )
    return table(caption, heads, rows) + note


def _measure(measure: Measure, is_metric: bool, has_rival: bool) -> tuple[str, ...]:
    name = text(measure.name)
    own = (f"<b>{name}</b>" if is_metric else name, short_number(measure.candidate))
    if not has_rival:
        return own
    if measure.champion is None or measure.difference is None:
        return (*own, "", "", "")
    return (*own, short_number(measure.champion), signed(measure.difference), interval(measure))


def importance_section(importance: Importance, metric: str) -> str:
    """Return the HTML of the columns that the candidate's answers hang on, most first."""
    words = element("p", text(importance_words(importance, metric)), class_="quiet")
    if not importance.columns:
        return words
    listed = sorted(importance.columns, key=lambda each: -each.mean)
    longest = max(abs(each.mean) for each in listed) or 1.0
    heads = [("column", ""), ("mean", "n"), ("deviation", "n"), ("", "m")]
    rows = [
        (
            f"<bdi>{text(each.column, _LONGEST_NAME)}</bdi>",
            short_number(each.mean),
            short_number(each.deviation),
            element("span", meter(each.mean / longest), class_="track", style="width:100%"),
        )
        for each in listed[:_MOST_IMPORTANT]
    ]
    caption = f"Permutation importance of {number(len(listed))} columns"
    if len(listed) > _MOST_IMPORTANT:
        caption += f"; shown are the first {_MOST_IMPORTANT}, metrics.json has all"
    return words + table(caption, heads, rows)


def gate_section(found: Findings) -> str:
    """Return the HTML of what the gate asked, in its order."""
    heads = [("question", ""), ("answer", ""), ("found", "p")]
    rows = [
        (text(step.question), f"<b>{text(step.answer)}</b>", f"<bdi>{text(step.found, 1000)}</bdi>")
        for step in found.gate
    ]
    return table("In this order; the first that refuses ends it", heads, rows) if rows else ""


def lineage_section(found: Findings) -> str:
    """Return the HTML of what the run was made with."""
    return facts(found.lineage)
