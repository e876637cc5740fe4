"""The summary: whole, and nothing in it is markup but ours."""

from typing import Any

import pytest
from tests.unit.trainer.run_report.findings_of import (
    attempt,
    class_answers,
    findings,
    number_answers,
    outcome,
    untested,
)
from tests.unit.trainer.web_pages import ATTACK, QUOTES

from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.run_report.measures import Measure
from tidewheel_trainer.run_report.summary import run_summary

WHOLE = """# Run delays-7 of model delays: passed, not worse

**NotWorse**: roc_auc 0.811 on 600 rows of the test window; champion 0.790

## Data

- Dataset: flights
- Snapshot: sha256:{digest}
- Target: late
- Time column: day
- Split: the newest whole days test
- Labelled rows: 1,200
- Rows that the tested fit learned: 600
- Rows that tested: 600
- Rows that the published fit learned: 1,200
- Test window: 2013-01-21T01:00:00Z through 2013-02-01T01:00:00Z
- Rows that the split leaves out: 7
- Rows left out for want of a time: 0

## What was tried

| number | candidate | estimator | parameters | validation roc_auc | note |
| --- | --- | --- | --- | --- | --- |
| 1 | boosting | sklearn.ensemble.HistGradientBoostingClassifier | early_stopping=false, \
learning_rate=0.1 | 0.81 | chosen |
| 2 | boosting | sklearn.ensemble.HistGradientBoostingClassifier | early_stopping=false, \
learning_rate=0.2 | 0.79 |  |

## On the test rows

| measure | candidate | champion delays-v1 | difference | 95 % interval |
| --- | --- | --- | --- | --- |
| roc_auc | 0.81 | 0.79 | +0.02 | -0.01 to +0.05 |
| log_loss | 0.5 | 0.52 | -0.02 |  |

## What the answers hang on

How much roc_auc gets worse on 600 test rows when the values of one column are shuffled among \
them, 5 times: mean and standard deviation. Columns that tell the same share their worth. Many \
columns, or a slow model, mean fewer repeats and rows.

| column | mean | deviation |
| --- | --- | --- |
| wind | 0.12 | 0.01 |
| hour | -0.001 | 0.002 |

## What the gate asked

| question | answer | found |
| --- | --- | --- |
| Are there rows enough to judge by? | yes | 600 test rows |
| Is it not worse than the champion? | yes | difference +0.02 |

## Made with

- Seed: 7
- Tidewheel: abc
"""


def test_a_summary_tells_everything_in_words() -> None:
    assert run_summary(findings()) == WHOLE.format(digest="a" * 64)


def test_a_run_without_a_test_says_why() -> None:
    found = untested("the test rows are 900; wait")
    text = run_summary(found)
    assert text.startswith(
        "# Run delays-7 of model delays: inconclusive, too few rows\n\n**TooFewRows**: the test "
        "rows are 900; wait\n\n## Data\n"
    )
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Data",
        "## What was tried",
        "## What the gate asked",
        "## Made with",
    ]
    assert "- Time column: none\n" in text
    assert "learned" not in text


def test_text_of_a_user_never_becomes_markup() -> None:
    marks = f"{ATTACK}{QUOTES}\n# _a_ *b* `c` [d](e) | ~~f~~ $g$ \\"
    text = run_summary(
        findings(
            outcome=outcome(sentence=marks, reason=marks, champion=marks),
            attempts=(attempt(candidate=marks, parameters={marks: marks}, note=marks),),
        )
    )
    for mark in ("<", ">", "`", "[", "]", "~", "$"):
        assert mark not in text.replace(f"\\{mark}", "")
    assert "\\# \\_a\\_ \\*b\\*" in text
    assert len(text.splitlines()) == len(WHOLE.splitlines()) - 1


def test_the_first_twenty_of_many_trials_are_listed() -> None:
    attempts = tuple(attempt(number, score=number / 100) for number in range(1, 31))
    text = run_summary(findings(attempts=attempts))
    assert "\n10 more are in report.html.\n" in text
    assert text.count("HistGradientBoosting") == 20


def test_a_model_that_is_too_slow_has_no_importance() -> None:
    text = run_summary(findings(importance=Importance((), None)))
    assert "Not measured: the model has so many columns" in text


@pytest.mark.parametrize("answers", [class_answers(3), number_answers()], ids=["classes", "number"])
def test_other_tasks_without_a_champion(answers: Any) -> None:
    text = run_summary(findings(answers, measures=(Measure("accuracy", 0.8),)))
    assert "| measure | candidate |\n| --- | --- |\n| accuracy | 0.8 |\n" in text


def test_the_card_of_the_model_is_told_whole() -> None:
    card = (("Purpose", "to warn passengers"), ("Limitations", 200 * "word "), ("Owner", "*me*"))
    told = run_summary(findings(card=card)).partition("## What to know before use\n\n")[2]
    assert told.partition("\n\n")[0].splitlines() == [
        "- Purpose: to warn passengers",
        f"- Limitations: {(200 * 'word ').strip()}",
        r"- Owner: \*me\*",
    ]
