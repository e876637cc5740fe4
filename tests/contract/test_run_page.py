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
  return {
    headings: all("h2").map((each) => each.textContent),
    hidden: all("section, h2, p, table, svg").filter(hidden).length,
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
        (("late", CLASSIFIER), [*_BEFORE, "Confusion matrix", *_AFTER], 5),
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
    for width, scheme in ((1280, "light"), (1280, "dark"), (400, "light")):
        look = browser.look(page, width, scheme, _SEEN)
        shade = max(map(int, look.answer.pop("background").strip("rgb()").split(",")))
        assert look.answer == {"headings": headings, "hidden": 0, "overflow": 0}
        assert shade < 60 if scheme == "dark" else shade > 200
        assert look.complaints == []
        # The page asks for itself and for nothing else.
        assert look.asked == [page.as_uri()]
        assert len(look.colours) == pictures
        # Lines, letters and their soft edges: an empty picture has one colour.
        assert min(look.colours) >= _LEAST_COLOURS
