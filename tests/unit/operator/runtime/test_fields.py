"""Reading what nobody has checked."""

from typing import Any

import pytest

from tidewheel_operator.runtime.fields import field_at, object_at, text_at


@pytest.mark.parametrize(
    ("item", "field", "text", "found"),
    [
        pytest.param({"spec": {"run": "a"}}, "a", "a", {}, id="a text"),
        pytest.param({"spec": {"run": ""}}, "", None, {}, id="an empty text"),
        pytest.param({"spec": {"run": 7}}, 7, None, {}, id="a number"),
        pytest.param({"spec": {"run": {"b": 1}}}, {"b": 1}, None, {"b": 1}, id="an object"),
        pytest.param({"spec": {}}, None, None, {}, id="a missing field"),
        pytest.param({"spec": None}, None, None, {}, id="null above it"),
        pytest.param({"spec": "text"}, None, None, {}, id="a text above it"),
        pytest.param({"spec": [1]}, None, None, {}, id="a list above it"),
        pytest.param(None, None, None, {}, id="nothing at all"),
    ],
)
def test_reading(item: object, field: Any, text: str | None, found: dict[str, Any]) -> None:
    path = ("spec", "run")

    assert (field_at(item, *path), text_at(item, *path), object_at(item, *path)) == (
        field,
        text,
        found,
    )
