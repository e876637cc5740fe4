"""JSON merge patches: the smallest patch that turns one object into another."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidewheel_operator.policies.merge_patch import merge_patch

Object = dict[str, Any]


def merged(target: Any, patch: Any) -> Any:
    """Return the result of RFC 7386, section 2, as it is written there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        pytest.param({"a": 1}, {"a": 1}, {}, id="nothing for equal objects"),
        pytest.param({}, {"a": 1}, {"a": 1}, id="what is new"),
        pytest.param({"a": 1}, {}, {"a": None}, id="null for what goes"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 3}, id="what changed"),
        pytest.param(
            {"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"c": None}}, id="only inside an object"
        ),
        pytest.param({"a": [1, 2]}, {"a": [1]}, {"a": [1]}, id="a whole list"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, {"a": {"b": None}}, id="an object that empties"),
        pytest.param({}, {"a": {}}, {"a": {}}, id="an empty object that comes"),
    ],
)
def test_patch_is(before: Object, after: Object, patch: Object) -> None:
    assert merge_patch(before, after) == patch


# Nulls cannot be said in a merge patch, and our statuses are dumped without them.
VALUES = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES)
# No rule about time: the machine may be busy.
patiently = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@patiently
@given(OBJECTS, OBJECTS)
def test_patch_turns_any_object_into_any_other(before: Object, after: Object) -> None:
    assert merged(before, merge_patch(before, after)) == after


@patiently
@given(OBJECTS)
def test_patch_is_empty_when_nothing_changes(item: Object) -> None:
    assert merge_patch(item, item) == {}
