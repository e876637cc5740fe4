"""URLs taken apart, joined and extended."""

import pytest

from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_urls import Place, joined, place_of, shown, with_parameters


@pytest.mark.parametrize(
    ("url", "place", "header"),
    [
        ("http://A.example", Place("http", "a.example", 80, "/"), "a.example"),
        (
            "https://a.example:8443/x?y=1",
            Place("https", "a.example", 8443, "/x?y=1"),
            "a.example:8443",
        ),
        ("https://a.example:443/", Place("https", "a.example", 443, "/"), "a.example"),
        ("http://[fd00::1]:80/a b", Place("http", "fd00::1", 80, "/a%20b"), "[fd00::1]"),
        ("http://a.example/ü", Place("http", "a.example", 80, "/%C3%BC"), "a.example"),
    ],
)
def test_a_url_is_a_place(url: str, place: Place, header: str) -> None:
    assert (place_of(url), place_of(url).host_header) == (place, header)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://a.example", "it must begin with"),
        ("/only/a/path", "it must begin with"),
        ("https://", "it must begin with"),
        ("http://me:secret@a.example/", "it must not have a credential in it"),
        ("http://a.example:99999/", "it is not a URL"),
    ],
)
def test_what_cannot_be_asked_is_refused(url: str, why: str) -> None:
    with pytest.raises(TrainerError, match=why):
        place_of(url)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("http://a.example/x", "http://a.example/y", True),
        ("http://a.example", "https://a.example", True),
        ("https://a.example", "http://a.example", False),
        ("http://a.example:8080", "https://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://b.a.example", False),
    ],
)
def test_secrets_stay_with_one_server(one: str, other: str, is_same: bool) -> None:
    assert place_of(one).is_same_host(place_of(other)) is is_same


def test_a_reference_is_relative_to_the_page_that_has_it() -> None:
    base = "https://a.example/v1/rows?page=1"
    assert [joined(base, text) for text in ("?page=2", "more", "/x#y", "//b.example/", " z ")] == [
        "https://a.example/v1/rows?page=2",
        "https://a.example/v1/more",
        "https://a.example/x",
        "https://b.example/",
        "https://a.example/v1/z",
    ]


def test_a_parameter_replaces_an_earlier_one_and_leaves_the_others() -> None:
    assert with_parameters("http://a.example/x?a=1&b=&a=2", {"a": "ü &"}) == (
        "http://a.example/x?b=&a=%C3%BC+%26"
    )


def test_a_query_is_not_shown() -> None:
    assert shown("http://a.example/x?signature=abc") == "http://a.example/x"
