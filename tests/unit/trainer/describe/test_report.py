"""The page about a snapshot: complete, safe to open, and the same for the same snapshot."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.trainer.describe.profiles import manifest_of, profile_of
from tests.unit.trainer.web_pages import ATTACK, QUOTES, Page, assert_harmless

from tidewheel_trainer.describe.report import report_html
from tidewheel_trainer.pages.markup import element, share, short_number, text


def _rows() -> pa.Table:
    random = np.random.default_rng(0)
    return pa.table(
        {
            "late": pa.array(random.random(500) < 0.3, mask=random.random(500) < 0.1),
            "wind": np.where(random.random(500) < 0.1, np.nan, random.gamma(3, 4, 500)),
            "hour": random.integers(5, 24, 500),
            ATTACK: random.choice([ATTACK, QUOTES, "", "c"], 500),
            QUOTES: pa.nulls(500),
            "tags": pa.array([["a"]] * 500),
            "day": pa.array(np.arange(500) * 3_600_000_000, pa.timestamp("us")),
        }
    )


def _html(folder: Path, rows: pa.Table | None = None, **given: Any) -> str:
    table = _rows() if rows is None else rows
    values = {
        "manifest": manifest_of(table),
        "profile": profile_of(folder, table),
        "failures": (),
        "schema_changes": (),
        "known": {"Dataset": "ml/flights", "Source": "s3, prefix 'raw/'"},
    }
    return report_html(**{**values, **given})


def test_text_of_a_user_never_becomes_markup(tmp_path: Path) -> None:
    facts = {"Dataset": ATTACK, QUOTES: ATTACK}
    sentences = (ATTACK, QUOTES)
    html = _html(tmp_path, failures=sentences, schema_changes=sentences, known=facts)
    page = Page(html)
    assert_harmless(html)
    # It is there to be read: as the title and the heading, in both notices, and as a fact.
    assert page.texts.count(ATTACK) == 5


def test_the_page_fetches_nothing_and_runs_no_script(tmp_path: Path) -> None:
    html = _html(tmp_path)
    page = Page(html)
    assert not page.all("script") + page.all("link") + page.all("img")
    assert all((each["href"] or "").startswith("#") for each in page.all("a"))
    assert not re.search(r"url\(|@import|https?:", html)
    assert {each.get("content") for each in page.all("meta")} >= {
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    }


def test_links_lead_to_places_on_the_page_and_no_place_is_named_twice(tmp_path: Path) -> None:
    page = Page(_html(tmp_path))
    places = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(places) == len(set(places))
    assert {(each["href"] or "").removeprefix("#") for each in page.all("a")} <= set(places)


def test_everything_that_is_drawn_is_told_in_words_too(tmp_path: Path) -> None:
    page = Page(_html(tmp_path))
    told = [each.get("aria-label") for each in page.all("svg") if "aria-hidden" not in each]
    assert len(told) == 4
    assert all(told)
    assert told[0] == "Rows by day, from 1970-01-01 to 1970-01-21; the most are 24"
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) == 3


def test_failed_checks_and_changed_columns_are_shown(tmp_path: Path) -> None:
    failures = tuple(f"check {number} failed" for number in range(250))
    page = Page(_html(tmp_path, failures=failures, schema_changes=("column 'gate' is new",)))
    assert {"Failed checks (250)", "check 199 failed", "Changed columns (1)"} <= set(page.texts)
    assert "50 more are in the snapshot's report." in page.texts
    assert "check 200 failed" not in page.texts


def test_steps_are_shown_with_their_rows(tmp_path: Path) -> None:
    texts = Page(_html(tmp_path)).texts
    place = texts.index("filter")
    assert texts[place : place + 5] == ["filter", "507", "500", "\u22127", "98.6 %"]


def test_the_smallest_snapshot_has_a_page(tmp_path: Path) -> None:
    rows = pa.table({"late": pa.nulls(1)})
    page = Page(_html(tmp_path, rows, known={}))
    assert "No row has a value." in page.texts
    assert page.open == []


def test_a_page_of_very_many_columns_says_what_it_leaves_out(tmp_path: Path) -> None:
    rows = pa.table({"late": [True, False], **{f"c{n}": [0.5, 1.5] for n in range(600)}})
    html = _html(tmp_path, rows)
    assert "512 of 601 columns: of a very wide snapshot only the first are profiled" in html
    assert len(html) < 2_000_000


def test_the_same_snapshot_has_the_same_page(tmp_path: Path) -> None:
    assert _html(tmp_path) == _html(tmp_path)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (-0.00123, "\u22120.00123"),
        (0.00012345, "0.0001234"),
        (1234.56, "1,235"),
        (-9_999_999.0, "\u22129,999,999"),
        (1.5e12, "1.5e12"),
        (-2.5e-7, "\u22122.5e\u22127"),
        (1e308, "1e308"),
        (999.96, "1,000"),
    ],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert short_number(value) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "< 0.1 %"),
        (99_999, 100_000, "> 99.9 %"),
        (0, 0, "0 %"),
    ],
)
def test_only_nothing_is_no_share_and_only_everything_all(
    part: int, whole: int, shown: str
) -> None:
    assert share(part, whole) == shown


def test_characters_that_no_page_may_hold_are_replaced() -> None:
    assert text("a\x00b\ud800c\u202ed") == "a\ufffdb\ufffdc\ufffdd"
    assert element("b", "x", title='"<&') == '<b title="&quot;&lt;&amp;">x</b>'
