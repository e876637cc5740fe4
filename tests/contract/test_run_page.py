"""The page of a real run, in a real browser without network: what a person sees."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.serve.published_runs import CLASSIFIER, REGRESSOR, published
from tests.servers import chromium
from tests.servers.chromium import Chromium

from tidewheel_contracts.artifact.model import REPORT_FILE

_LEAST_COLOURS = 4
_SEEN = """
(() => {
  const hidden = (element) => {
    const box = element.getBoundingClientRect();
    return !(box.width && box.height);
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const meet = (one, other) =>
    one.left < other.right - 1 && other.left < one.right - 1 &&
    one.top < other.bottom - 1 && other.top < one.bottom - 1;
  const overlaps = (svg) => {
    const boxes = [...svg.querySelectorAll("text")].map((each) => each.getBoundingClientRect());
    return boxes.filter((one, place) => boxes.slice(place + 1).some((each) => meet(one, each)));
  };
  return {
    headings: all("h2").map((each) => each.textContent),
    hidden: all("section, h2, p, table, svg").filter(hidden).length,
    overlapping: all("svg").flatMap(overlaps).length,
    scrolling: all(".wide").filter((each) => each.scrollWidth > each.clientWidth).length,
    largest: Math.max(...all("svg text").map((each) => each.getBoundingClientRect().height)),
    title: document.querySelector("h3").getBoundingClientRect().height,
    background: getComputedStyle(document.body).backgroundColor,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium.running() as running:
        yield running


def page_of(
    run_trainer: Any, s3: Any, s3_endpoint: str, folder: str, path: Path, case: tuple[str, Any]
) -> Path:
    """Train by the real programs, and return the page that the run published."""
    _, artifact = published(run_trainer, s3, s3_endpoint, folder, *case)
    key = f"{artifact.manifest_key.rpartition('/')[0]}/{REPORT_FILE}"
    page = path / REPORT_FILE
    page.write_bytes(s3.get_object(Bucket="bucket", Key=key)["Body"].read())
    return page


_BEFORE = ["Passed: FirstModel", "Data", "What was tried", "On the test rows", "How it answers"]
_AFTER = ["What the answers hang on", "What the gate asked", "Made with"]


@pytest.mark.parametrize(
    ("case", "headings", "pictures"),
    [
        (("late", CLASSIFIER), [*_BEFORE, "Confusion matrix", *_AFTER], 4),
        (("minutes", REGRESSOR), [*_BEFORE, *_AFTER], 3),
    ],
    ids=["classes", "numbers"],
)
def test_page_of_a_run_shows_everything_without_network(
    browser: Chromium,
    run_trainer: Any,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    tmp_path: Path,
    case: tuple[str, Any],
    headings: list[str],
    pictures: int,
) -> None:
    page = page_of(run_trainer, s3, s3_endpoint, folder, tmp_path, case)
    for width, scheme in ((1280, "light"), (1280, "dark"), (700, "light"), (400, "dark")):
        look = browser.look(page, width, scheme, _SEEN)
        shade = max(map(int, look.answer.pop("background").strip("rgb()").split(",")))
        scrolling = look.answer.pop("scrolling")
        # The letters of a picture grow with it, and stay below its title's.
        assert look.answer.pop("largest") < look.answer.pop("title")
        assert look.answer == {"headings": headings, "hidden": 0, "overflow": 0, "overlapping": 0}
        # A wide table scrolls by itself where there is no room, and only there.
        assert scrolling == 0 or width < 1280
        assert shade < 60 if scheme == "dark" else shade > 200
        assert look.complaints == []
        # The page asks for itself and for nothing else.
        assert look.asked == [page.as_uri()]
        assert len(look.colours) == pictures
        # Lines, letters and their soft edges: an empty picture has one colour.
        assert min(look.colours) >= _LEAST_COLOURS
