"""Write the page about a training run: one file, no script, nothing from elsewhere."""

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.pages.frame import Section, facts, page, tiles
from tidewheel_trainer.pages.markup import element, number, short_number, text
from tidewheel_trainer.run_report.attempts import attempts_section
from tidewheel_trainer.run_report.class_pictures import confusion_section, curves_section
from tidewheel_trainer.run_report.findings import Findings
from tidewheel_trainer.run_report.number_pictures import numbers_section
from tidewheel_trainer.run_report.sections import (
    data_section,
    gate_section,
    importance_section,
    lineage_section,
    measures_section,
)
from tidewheel_trainer.run_report.words import rival_name, title

__all__ = ["run_page"]

_GOOD = frozenset({Verdict.PASSED, Verdict.UNTESTED})


def run_page(found: Findings) -> str:
    """Return the page; the same findings give the same page."""
    importance = found.importance
    sections = [
        Section("data", "Data", data_section(found)),
        Section("tried", "What was tried", attempts_section(found.attempts, found.score)),
        Section("measures", "On the test rows", measures_section(found)),
        *_answers(found),
        Section(
            "importance",
            "What the answers hang on",
            "" if importance is None else importance_section(importance, found.metric),
        ),
        Section("gate", "What the gate asked", gate_section(found)),
        Section("card", "What to know before use", facts(found.card)),
        Section("lineage", "Made with", lineage_section(found)),
    ]
    return page(title(found), _tiles(found), _verdict(found), sections, _footer())


def _answers(found: Findings) -> list[Section]:
    answers = found.answers
    if answers is None or not len(answers.truth):
        return []
    if not answers.classes:
        return [Section("answers", "How it answers", numbers_section(answers, found.data.target))]
    return [
        Section("answers", "How it answers", curves_section(answers, rival_name(found))),
        Section("confusion", "Confusion matrix", confusion_section(answers)),
    ]


def _tiles(found: Findings) -> str:
    shown = [("verdict", found.outcome.verdict.value)]
    metric = next((each for each in found.measures if each.name == found.metric), None)
    if metric is not None:
        shown.append((metric.name, short_number(metric.candidate)))
        if metric.champion is not None:
            shown.append(
                (f"{metric.name} of the {rival_name(found)}", short_number(metric.champion))
            )
    if found.data.tested_rows is not None:
        shown.append(("rows that tested", number(found.data.tested_rows)))
    if found.outcome.candidate:
        shown.append(("candidate", found.outcome.candidate))
    return tiles(shown)


def _verdict(found: Findings) -> str:
    outcome = found.outcome
    kind = "warn note" if outcome.verdict in _GOOD else "warn"
    heading = element("h2", f"{text(outcome.verdict.value)}: {text(outcome.reason)}")
    clauses = "".join(f"<li>{text(each, 1000)}</li>" for each in outcome.sentence.split("; "))
    return element("section", f"{heading}<ul>{clauses}</ul>", class_=kind)


def _footer() -> str:
    return (
        "<p>Curves, matrix and importances are of the fit that was tested. What is published is "
        "fitted again, on the test rows too. When and where the run was is in lineage.json.</p>"
    )
