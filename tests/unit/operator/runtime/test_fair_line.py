"""Namespaces take turns; within one, the first come is the first served."""

import pytest

from tidewheel_operator.runtime.fair_line import FairLine, Key


def keys(text: str) -> list[Key]:
    """Return keys written as `namespace/name`."""
    return [Key("datasets", *one.split("/")) for one in text.split()]


def in_turn(text: str) -> str:
    """Return the keys of a line in the order in which they come out of it."""
    line, found = FairLine(), []
    for key in keys(text):
        line.push(key)
    while line:
        key = line.pop()
        found.append(f"{key.namespace}/{key.name}")
    return " ".join(found)


@pytest.mark.parametrize(
    ("pushed", "popped"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("a/1 a/2 a/3", "a/1 a/2 a/3", id="one namespace"),
        pytest.param("a/1 a/2 a/3 b/1", "a/1 b/1 a/2 a/3", id="a full namespace and another"),
        pytest.param("a/1 a/2 b/1 b/2 c/1", "a/1 b/1 c/1 a/2 b/2", id="three namespaces"),
    ],
)
def test_line(pushed: str, popped: str) -> None:
    assert in_turn(pushed) == popped


def test_namespace_that_comes_late_waits_for_one_turn_of_each() -> None:
    line = FairLine()
    for key in keys("a/1 a/2 a/3 b/1 b/2"):
        line.push(key)
    assert line.pop() == keys("a/1")[0]

    line.push(keys("late/1")[0])

    assert [str(line.pop()) for _ in range(4)] == [
        "datasets/b/1",
        "datasets/a/2",
        "datasets/late/1",
        "datasets/b/2",
    ]


def test_empty_line_has_no_key() -> None:
    with pytest.raises(IndexError):
        FairLine().pop()
