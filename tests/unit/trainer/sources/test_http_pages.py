"""Which page comes next."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.source_http import HttpPages
from tidewheel_trainer.sources.http_pages import NextOf, first_page, next_page

_URL = "https://a.example/rows?x=1"


def _next(pages: dict[str, Any], link: str = "", document: Any = None) -> str | None:
    page = NextOf(_URL, _URL, {"Link": link} if link else {}, document, "page 1")
    return next_page(page, HttpPages.model_validate(pages), rows_of_page=2, rows_so_far=6)


@pytest.mark.parametrize(
    ("header", "following"),
    [
        ("", None),
        ("<?p=2>; rel=next", "https://a.example/rows?p=2"),
        ('</b>; rel="prev", </c>; rel="next"', "https://a.example/c"),
        ('</b>;rel="prev next"', "https://a.example/b"),
        ('</b>; REL="Next"; title="x"', "https://a.example/b"),
        ('</b>; title="a, <c>; rel=next"', None),
        ('</b>; rel="nextish"', None),
        ("</b>; rel=next-one", None),
        ("</a,b>; rel=next", "https://a.example/a,b"),
        ("nonsense", None),
    ],
)
def test_the_link_header_names_the_next_page(header: str, following: str | None) -> None:
    assert _next({"link": {}}, header) == following


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}, {"next": False}, [], None])
def test_no_link_or_token_is_the_end(end: Any) -> None:
    assert _next({"link": {"field": "next"}}, document=end) is None
    assert _next({"token": {"parameter": "t", "field": "next"}}, document=end) is None


def test_a_token_of_zero_is_a_token() -> None:
    pages = {"token": {"parameter": "t", "field": "next"}}
    assert _next(pages, document={"next": 0}) == f"{_URL}&t=0"


def test_an_offset_counts_the_rows_so_far() -> None:
    pages = {"offset": {"offsetParameter": "skip", "limitParameter": "top", "limit": 3}}
    start = first_page(_URL, HttpPages.model_validate(pages))
    assert start == f"{_URL}&skip=0&top=3"
    page = NextOf(start, start, {}, [], "page 3")
    model = HttpPages.model_validate(pages)
    assert next_page(page, model, rows_of_page=3, rows_so_far=6) == f"{_URL}&top=3&skip=6"
    assert next_page(page, model, rows_of_page=0, rows_so_far=6) is None
