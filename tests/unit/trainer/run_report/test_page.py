"""The page about a run: complete for every task, safe to open, small, and always the same."""

import re

import numpy as np
import pytest
from tests.unit.trainer.run_report.findings_of import (
    attempt,
    binary_answers,
    class_answers,
    data_of,
    findings,
    number_answers,
    outcome,
    untested,
)
from tests.unit.trainer.web_pages import ATTACK, QUOTES, Page, assert_harmless

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.run_report.findings import Answers, Findings, GateStep
from tidewheel_trainer.run_report.importance import ColumnImportance, Importance, Plan
from tidewheel_trainer.run_report.measures import Measure
from tidewheel_trainer.run_report.page import run_page

SMALL = 500_000
TASKS = {
    "binary": binary_answers(),
    "classes": class_answers(5),
    "number": number_answers(),
}
every_task = pytest.mark.parametrize("answers", TASKS.values(), ids=TASKS.keys())


def _titles(found: Findings) -> list[str]:
    return re.findall(r'<h2 id="[a-z]+-title">([^<]+)</h2>', run_page(found))


def _cards(found: Findings) -> list[str]:
    return re.findall(r"<h3>([^<]+)</h3>", run_page(found))


@every_task
def test_a_page_has_all_that_is_known(answers: Answers) -> None:
    confusion = ["Confusion matrix"] if answers.classes else []
    assert _titles(findings(answers)) == [
        "Data",
        "What was tried",
        "On the test rows",
        "How it answers",
        *confusion,
        "What the answers hang on",
        "What the gate asked",
        "Made with",
    ]


def test_each_task_has_its_pictures() -> None:
    assert [_cards(findings(each)) for each in TASKS.values()] == [
        ["ROC curve", "Precision-recall curve", "Calibration", "Scores by class"],
        ["Calibration"],
        ["Predicted and true", "Residuals", "Spread of residuals"],
    ]


@every_task
def test_a_page_fetches_nothing_runs_no_script_and_is_small(answers: Answers) -> None:
    html = run_page(findings(answers))
    page = Page(html)
    assert_harmless(html)
    assert all((each["href"] or "").startswith("#") for each in page.all("a"))
    assert not re.search(r"url\(|@import|https?:", html)
    assert {each.get("content") for each in page.all("meta")} >= {
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        "width=device-width,initial-scale=1",
    }
    assert len(html.encode()) < SMALL / 4


@every_task
def test_everything_that_is_drawn_is_told_in_words_too(answers: Answers) -> None:
    page = Page(run_page(findings(answers)))
    told = [each.get("aria-label") for each in page.all("svg") if "aria-hidden" not in each]
    assert told
    assert all(told)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("caption")) == len(page.all("table"))


@every_task
def test_links_lead_to_places_on_the_page_and_no_place_is_named_twice(answers: Answers) -> None:
    page = Page(run_page(findings(answers)))
    places = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(places) == len(set(places))
    assert {(each["href"] or "").removeprefix("#") for each in page.all("a")} <= set(places)


@every_task
def test_the_same_findings_have_the_same_page(answers: Answers) -> None:
    assert run_page(findings(answers)) == run_page(findings(answers))


@every_task
def test_a_page_without_a_champion_compares_nothing(answers: Answers) -> None:
    alone = Answers(answers.classes, answers.truth, answers.candidate, None)
    html = run_page(
        findings(
            alone,
            outcome=outcome(
                reason="FirstModel",
                sentence="roc_auc 0.8; there is no champion yet",
                compared_with=ComparedWith.NOTHING,
                champion=None,
            ),
            measures=(Measure("roc_auc", 0.81),),
        )
    )
    assert_harmless(html)
    assert html.count("champion") == 2  # the sentence and a question of the gate
    assert "rival" not in html.partition("</style>")[2]


def test_the_verdict_is_told_in_words() -> None:
    refused = outcome(Verdict.REFUSED, reason="WorseThanChampion", sentence="roc_auc 0.7; -0.1")
    texts = Page(run_page(findings(outcome=refused))).texts
    assert texts.count("Run delays-7 of model delays: refused, worse than champion") == 2
    place = texts.index("Refused: WorseThanChampion")
    assert texts[place + 1 : place + 3] == ["roc_auc 0.7", "-0.1"]


def test_measures_are_told_side_by_side_with_the_interval_of_their_difference() -> None:
    texts = Page(run_page(findings())).texts
    place = texts.index("Measured once, on the test rows, by a fit that has learned none of them")
    assert texts[place + 1 : place + 12] == [
        *("measure", "candidate", "champion delays-v1", "difference", "95 % interval"),
        *("roc_auc", "0.81", "0.79", "+0.02", "\u22120.01 to +0.05"),
        "log_loss",
    ]


def test_curves_tell_their_areas() -> None:
    truth = np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.4, 0.36, 0.8])
    answers = Answers(("no", "yes"), truth, np.column_stack([1 - positive, positive]), None)
    texts = Page(run_page(findings(answers))).texts
    assert "ROC curve; area under it: candidate 0.750" in texts
    assert "Average precision: candidate 0.833; without a model 0.500" in texts
    # Distances .1, .4, .64 and .2 from the diagonal, a row each.
    assert "Mean distance of the candidate from the diagonal: 0.335; bars are rows" in texts


def test_the_confusion_matrix_is_told_in_rows_and_shares() -> None:
    truth = np.array([0, 0, 0, 1])
    positive = np.array([0.1, 0.5, 0.6, 0.7])
    answers = Answers(("no", "yes"), truth, np.column_stack([1 - positive, positive]), None)
    texts = [text for text in Page(run_page(findings(answers))).texts if text.strip()]
    place = texts.index("true class")
    assert texts[place : place + 13] == [
        *("true class", "no", "yes"),
        *("no", "2 ", "66.7 %", "1 ", "33.3 %"),
        *("yes", "0 ", "0 %", "1 ", "100 %"),
    ]
    assert "2 classes; 75 % of the test rows are answered right" in texts


def test_the_card_of_the_model_is_told_where_there_is_one() -> None:
    card = (("Purpose", "to warn passengers"), ("Licence", ATTACK))
    html = run_page(findings(card=card))
    assert_harmless(html)
    texts = Page(html).texts
    place = texts.index("Purpose")
    assert texts[place - 1 : place + 4] == [
        *("What to know before use", "Purpose", "to warn passengers", "Licence", ATTACK)
    ]
    assert "What to know before use" not in run_page(findings())


def test_text_of_a_user_never_becomes_markup() -> None:
    answers = binary_answers(50)
    named = Answers((ATTACK, QUOTES), answers.truth, answers.candidate, answers.champion)
    html = run_page(
        findings(
            named,
            run=ATTACK,
            model=QUOTES,
            outcome=outcome(reason=ATTACK, sentence=QUOTES, candidate=ATTACK, champion=QUOTES),
            data=data_of(named, dataset=ATTACK, target=QUOTES, time=ATTACK, split=QUOTES),
            attempts=tuple(
                attempt(
                    number,
                    candidate=ATTACK,
                    estimator=QUOTES,
                    parameters={ATTACK: QUOTES, QUOTES: number},
                    score=0.5,
                    note=ATTACK,
                )
                for number in range(1, 5)
            ),
            metric=ATTACK,
            score=ATTACK,
            measures=(Measure(ATTACK, 0.5, 0.5, 0.0, 0.0, 0.0),),
            importance=Importance((ColumnImportance(ATTACK, 0.1, 0.0),), Plan(50, 1)),
            gate=(GateStep(ATTACK, QUOTES, ATTACK),),
            lineage=((ATTACK, QUOTES),),
        )
    )
    assert_harmless(html)
    assert f"Run {ATTACK} of model " in "".join(Page(html).texts)


def test_text_of_a_user_for_a_number_never_becomes_markup() -> None:
    answers = number_answers(50)
    assert_harmless(run_page(findings(answers, data=data_of(answers, target=ATTACK))))


DEGENERATE = {
    "one class in the test": Answers(
        ("no", "yes"), np.zeros(9, int), np.full((9, 2), 0.5), np.full((9, 2), 0.5)
    ),
    "one row": class_answers(3, rows=1),
    "no row": class_answers(3, rows=0),
    "no row of two classes": binary_answers(0),
    "no row of a number": number_answers(0),
    "one row of a number": number_answers(1),
    "all numbers alike": Answers((), np.full(9, 7.0), np.full(9, 7.0), None),
    "numbers that are none": Answers((), np.zeros(3), np.array([np.inf, np.nan, 1.0]), None),
    "numbers of all sizes": Answers((), np.array([-1e308, 0, 1e308]), np.zeros(3), None),
    "certain answers": Answers(
        ("no", "yes"), np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]]), None
    ),
    "200 classes": class_answers(200, rows=3000),
}


@pytest.mark.parametrize("answers", DEGENERATE.values(), ids=DEGENERATE.keys())
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_whatever_was_tested_has_a_page(answers: Answers) -> None:
    html = run_page(findings(answers, data=data_of(answers, distribution=())))
    assert_harmless(html)
    assert not re.search(r"\b(nan|inf)\b", html.partition("</style>")[2])
    assert len(html.encode()) < SMALL


def test_test_rows_of_one_class_have_a_matrix_but_no_curve() -> None:
    found = findings(DEGENERATE["one class in the test"])
    html = run_page(found)
    assert "All test rows are of one class, so there is no curve to draw." in html
    assert "9 <i>100 %</i>" in html


def test_a_run_without_a_test_has_the_rest_of_the_page() -> None:
    found = untested("the test rows are 900")
    assert _titles(found) == ["Data", "What was tried", "What the gate asked", "Made with"]
    assert_harmless(run_page(found))


@pytest.mark.parametrize(("columns", "shown"), [(1, 1), (500, 40)])
def test_the_columns_that_matter_most_are_shown(columns: int, shown: int) -> None:
    importance = Importance(
        tuple(ColumnImportance(f"c{place}", place / 1000, 0.0) for place in range(columns)),
        Plan(500, 1),
    )
    html = run_page(findings(importance=importance))
    named = re.findall(r"<bdi>(c\d+)</bdi>", html)
    assert named == [f"c{place}" for place in range(columns - 1, columns - 1 - shown, -1)]
    told = "; shown are the first 40, metrics.json has all" if columns > 40 else "</caption>"
    assert f"Permutation importance of {columns} columns{told}" in html


def test_columns_that_are_worth_nothing_are_told() -> None:
    importance = Importance((ColumnImportance("c", 0.0, 0.0),), Plan(500, 5))
    assert "width:0.00%" in run_page(findings(importance=importance))


def test_a_model_that_is_too_slow_says_so() -> None:
    html = run_page(findings(importance=Importance((), None)))
    assert "Not measured: the model has so many columns" in html


def test_the_largest_page_is_small_enough() -> None:
    answers = class_answers(200, rows=3000)
    long = QUOTES * 50
    attempts = tuple(
        attempt(
            number,
            candidate=f"candidate-{number % 20}",
            parameters={f"{QUOTES}{place}": f"{number}{long}" for place in range(64)},
            score=number / 1000,
            note=long,
        )
        for number in range(1, 1001)
    )
    importance = Importance(
        tuple(ColumnImportance(QUOTES * 30 + str(place), 0.1, 0.1) for place in range(1000)),
        Plan(500, 1),
    )
    gate = (GateStep(QUOTES * 10, QUOTES * 100, QUOTES),) * 8
    html = run_page(
        findings(
            Answers(
                tuple(f"{QUOTES * 10}{place}" for place in range(200)),
                answers.truth,
                answers.candidate,
                answers.champion,
            ),
            attempts=attempts,
            importance=importance,
            gate=gate,
        )
    )
    assert_harmless(html)
    assert len(html.encode()) < SMALL
