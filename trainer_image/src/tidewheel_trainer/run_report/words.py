"""Put what was found into a few words; the same for the page and the summary."""

import json
import re
from collections.abc import Mapping

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.pages.markup import MINUS, number, short_number
from tidewheel_trainer.run_report.findings import Findings
from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.run_report.measures import Measure

__all__ = [
    "data_lines",
    "importance_words",
    "interval",
    "parameters_text",
    "per_cent",
    "rival_name",
    "signed",
    "title",
]

_VERDICTS = {
    Verdict.PASSED: "passed",
    Verdict.UNTESTED: "passed without a test",
    Verdict.REFUSED: "refused",
    Verdict.INCONCLUSIVE: "inconclusive",
}
_LONGEST_VALUE = 60
# Between the words of a reason in PascalCase.
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def title(found: Findings) -> str:
    """Return what the report is about, how the run ended, and why."""
    verdict = _VERDICTS[found.outcome.verdict]
    reason = _WORD_BEGINS.sub(" ", found.outcome.reason).lower()
    return f"Run {found.run} of model {found.model}: {verdict}, {reason}"


def rival_name(found: Findings) -> str:
    """Return what the candidate was compared with."""
    name = f" {found.outcome.champion}" if found.outcome.champion else ""
    if found.outcome.compared_with is ComparedWith.RECIPE:
        return f"recipe of the champion{name}"
    return f"champion{name}"


def data_lines(found: Findings) -> list[tuple[str, str]]:
    """Return names and values of what is known of the rows."""
    data = found.data
    lines = [
        ("Dataset", data.dataset),
        ("Snapshot", data.snapshot_digest),
        ("Target", data.target),
        ("Time column", data.time or "none"),
        ("Split", data.split),
        ("Labelled rows", number(data.labelled_rows)),
    ]
    counts = [
        ("Rows that the tested fit learned", data.learned_rows),
        ("Rows that tested", data.tested_rows),
        ("Rows that the published fit learned", data.published_rows),
    ]
    lines += [(name, number(rows)) for name, rows in counts if rows is not None]
    if data.tested_from is not None and data.tested_through is not None:
        lines.append(("Test window", f"{data.tested_from} through {data.tested_through}"))
    lines.append(("Rows that the split leaves out", number(data.left_out_rows)))
    lines.append(("Rows left out for want of a time", number(data.rows_without_time)))
    return lines


def parameters_text(parameters: Mapping[str, object]) -> str:
    """Return parameters as `name=value`, each value cut to a length that can be read."""
    return ", ".join(f"{name}={_value(value)}" for name, value in parameters.items())


def interval(measure: Measure) -> str:
    """Return the ends of the difference's interval, or nothing where there is none."""
    if measure.low is None or measure.high is None:
        return ""
    return f"{signed(measure.low)} to {signed(measure.high)}"


def signed(value: float) -> str:
    """Return a number with four digits that matter and its sign."""
    return f"+{short_number(value)}" if value > 0 else short_number(value)


def per_cent(share: float | None) -> str:
    """Return a share in per cent; nothing where there is none."""
    return "" if share is None else f"{100 * share:.1f} %".replace("-", MINUS)


def importance_words(importance: Importance, metric: str) -> str:
    """Say how importances were measured, or why they were not."""
    if importance.plan is None:
        return (
            "Not measured: the model has so many columns, or answers so slowly, that shuffling "
            "each of them would take longer than a report should."
        )
    times = "once" if importance.plan.repeats == 1 else f"{importance.plan.repeats} times"
    return (
        f"How much {metric} gets worse on {number(importance.plan.rows)} test rows when the "
        f"values of one column are shuffled among them, {times}: mean and standard deviation. "
        "Columns that tell the same share their worth. Many columns, or a slow model, mean fewer "
        "repeats and rows."
    )


def _value(value: object) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= _LONGEST_VALUE else shown[: _LONGEST_VALUE - 1] + "…"
