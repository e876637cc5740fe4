"""Who may post alerts: the mounted file, read at every request."""

import json
from pathlib import Path
from typing import Any

import pytest

from tidewheel_operator.web.alert_tokens import AlertTokens, TokenFileError

A, B = "a" * 16, "b" * 16


def tokens(path: Path, *entries: Any) -> AlertTokens:
    (path / "tokens.json").write_text(json.dumps({"tokens": entries}))
    return AlertTokens(str(path / "tokens.json"))


@pytest.mark.parametrize(
    ("header", "reachable"),
    [
        pytest.param(f"Bearer {A}", {"ml", "else"}, id="all entries of a token"),
        pytest.param(f"bearer {B}", {"other"}, id="another token, in lower case"),
        pytest.param(f"Bearer  {B} ", {"other"}, id="a token between spaces"),
        pytest.param(A, None, id="no scheme"),
        pytest.param(f"Basic {A}", None, id="another scheme"),
        pytest.param(f"Bearer {A}{A}", None, id="a longer token"),
        pytest.param(f"Bearer {A[:-1]}", None, id="a shorter token"),
        pytest.param("Bearer ä€😀", None, id="a token beyond ASCII"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_namespaces_of(header: str, reachable: set[str] | None, tmp_path: Path) -> None:
    known = tokens(
        tmp_path,
        {"token": A, "namespaces": ["ml"]},
        {"token": B, "namespaces": ["other"]},
        {"token": A, "namespaces": ["else"]},
    )

    expected = frozenset(reachable) if reachable is not None else None
    assert known.namespaces_of(header) == expected


def test_replaced_file_holds_at_once(tmp_path: Path) -> None:
    known = tokens(tmp_path, {"token": A, "namespaces": ["ml"]})
    tokens(tmp_path, {"token": B, "namespaces": ["ml"]})

    assert known.namespaces_of(f"Bearer {A}") is None
    assert known.namespaces_of(f"Bearer {B}") == frozenset({"ml"})


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="no token"),
        pytest.param([{"token": "", "namespaces": ["ml"]}], id="an empty token"),
        pytest.param([{"token": "short", "namespaces": ["ml"]}], id="a short token"),
        pytest.param([{"token": A, "namespaces": []}], id="a token for nothing"),
        pytest.param([{"token": A}], id="a token without namespaces"),
        pytest.param([{"token": A, "namespaces": ["ml"], "admin": True}], id="an unknown field"),
    ],
)
def test_file_is_refused_with(entries: list[Any], tmp_path: Path) -> None:
    with pytest.raises(TokenFileError) as caught:
        tokens(tmp_path, *entries).namespaces_of(f"Bearer {A}")

    assert str(caught.value) == (
        'the token file must be {"tokens": [{"token": "...", "namespaces": ["..."]}]}'
    )


def test_missing_file_is_named_as_that(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="the token file cannot be read: No such file"):
        AlertTokens(str(tmp_path / "missing")).namespaces_of(f"Bearer {A}")


def test_words_about_a_bad_file_hold_no_token(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError) as caught:
        tokens(tmp_path, {"token": A, "namespaces": 1}).namespaces_of(f"Bearer {A}")

    assert A not in str(caught.value)
