"""What was tried: the best ones first, in a table that stays small."""

import pytest
from tests.unit.trainer.run_report.findings_of import attempt
from tests.unit.trainer.web_pages import QUOTES, Page

from tidewheel_trainer.run_report.attempts import attempts_section, open_parameters, ranked


def test_the_chosen_one_comes_first_then_the_best_and_those_without_a_score_last() -> None:
    attempts = [
        attempt(1, score=None, is_chosen=False, note="gave up"),
        attempt(2, score=0.7, is_chosen=False),
        attempt(3, score=0.9, is_chosen=False),
        attempt(4, score=0.8, is_chosen=True),
    ]
    assert [each.number for each in ranked(attempts)] == [4, 3, 2, 1]


def test_what_all_trials_of_a_candidate_share_is_told_once() -> None:
    attempts = [
        attempt(1, score=0.8),
        attempt(2, score=0.7),
        attempt(3, candidate="linear", parameters={"C": 1.0}),
    ]
    assert open_parameters(attempts) == {
        "boosting": frozenset({"learning_rate"}),
        "linear": frozenset({"C"}),
    }
    texts = Page(attempts_section(attempts, "roc_auc")).texts
    assert ": " in texts
    assert texts.count("early_stopping=false") == 1
    assert "learning_rate=0.1" in texts


def test_a_search_has_a_picture_of_its_scores() -> None:
    scores = [0.6, None, 0.7, 0.65, 0.9]
    attempts = [
        attempt(number + 1, score=score, is_chosen=number == 4)
        for number, score in enumerate(scores)
    ]
    page = Page(attempts_section(attempts, "roc_auc"))
    assert [each["aria-label"] for each in page.all("svg") if "aria-label" in each] == [
        "Validation roc_auc by trial: 4 scores, the best 0.9 in trial 5"
    ]
    best = next(each for each in page.all("path") if each["class"] == "line best")
    # The best so far: level from trial 1 to 3, up, level to 5, up.
    assert (best["d"] or "").count("L") == 5


def test_the_chosen_one_is_marked_and_others_say_why_they_have_no_score() -> None:
    attempts = [
        attempt(1, score=0.8, is_chosen=True),
        attempt(2, is_chosen=False, note="max_depth must be above 0"),
    ]
    texts = Page(attempts_section(attempts, "roc_auc")).texts
    place = texts.index("chosen")
    assert texts[place - 2 : place] == ["1", "boosting"]
    assert texts.count("chosen") == texts.count("max_depth must be above 0") == 1


def test_two_candidates_have_no_picture() -> None:
    attempts = [attempt(1, score=0.8), attempt(2, score=0.7)]
    assert Page(attempts_section(attempts, "roc_auc")).all("svg") == []


def test_a_thousand_trials_are_all_listed() -> None:
    attempts = [attempt(number, score=number / 1000) for number in range(1, 1001)]
    html = attempts_section(attempts, "roc_auc")
    page = Page(html)
    assert "1,000 tried" in page.texts
    assert len(page.all("tr")) == 1001
    assert len(page.all("details")) == 1
    assert len(html) < 350_000


@pytest.mark.parametrize("length", [10, 1000])
def test_trials_of_long_parameters_are_listed_as_far_as_there_is_room(length: int) -> None:
    long = QUOTES * length
    attempts = [
        attempt(number, score=1 / number, parameters={"first": f"{number}{long}", "second": long})
        for number in range(1, 1001)
    ]
    html = attempts_section(attempts, "roc_auc")
    assert len(html.encode()) < 400_000
    assert " are listed" in html
