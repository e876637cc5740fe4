"""A ModelAlias says what it points at, and keeps who moved it, when, from where and whereto."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import CREATED, NOW, make_alias, time_text
from tests.unit.operator.observations import conditions, observed

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_alias import AliasChange, ModelAliasStatus
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_alias import ModelAliasView, decide

LATER = NOW + timedelta(hours=1)


def view(
    number: int = 1,
    status: ModelAliasStatus | None = None,
    generation: int = 1,
    registered: tuple[int, ...] = (1, 2),
    **spec: Any,
) -> ModelAliasView:
    metadata = {"generation": generation}
    return ModelAliasView(
        observed(make_alias("prod", number, status, metadata, **spec)), registered
    )


def change(number: int, *, at: Any = NOW, generation: int = 1, **fields: Any) -> AliasChange:
    values = {"changed_by": "jane", "reason": "good", **fields}
    return AliasChange(generation=generation, to_number=number, time=time_text(at), **values)


FIRST = change(1, at=CREATED)
POINTING = conditions("Pointing", "'jane' chose 'flight-delay-v1': good", ready="True")


def said(
    history: tuple[AliasChange, ...],
    *conditions: Condition,
    name: str | None = "flight-delay-v1",
    generation: int = 1,
) -> Decision[ModelAliasStatus]:
    stamped = (item.model_copy(update={"observed_generation": generation}) for item in conditions)
    return Decision(
        status=ModelAliasStatus(
            observed_generation=generation,
            conditions=tuple(stamped),
            version_name=name,
            history=history,
        )
    )


def test_new_alias_points_at_its_version_since_it_was_created() -> None:
    assert decide(view(), NOW) == said((FIRST,), *POINTING)


def test_move_is_recorded_with_who_when_from_and_to() -> None:
    before = decide(view(), NOW).status

    moved = decide(view(2, before, 2, changed_by="joe", reason="better"), LATER)

    assert moved.status.history == (
        change(2, at=LATER, generation=2, from_number=1, changed_by="joe", reason="better"),
        FIRST,
    )
    assert moved.status.version_name == "flight-delay-v2"
    [ready] = moved.status.conditions
    assert ready.message == "'joe' chose 'flight-delay-v2': better"


def test_changes_that_nobody_saw_leave_a_gap_in_the_generations() -> None:
    before = decide(view(), NOW).status

    moved = decide(view(1, before, 7), LATER)

    assert moved.status.history == (change(1, at=LATER, generation=7, from_number=1), FIRST)


def test_what_was_said_is_not_said_again() -> None:
    first = decide(view(), NOW)

    assert decide(view(status=first.status), LATER) == first


def test_history_keeps_the_newest_fifty() -> None:
    status = decide(view(), NOW).status
    for generation in range(2, 61):
        number = 1 + generation % 2
        status = decide(view(number, status, generation), LATER).status

    assert [item.generation for item in status.history] == list(range(60, 10, -1))
    oldest = status.history[-1]
    assert (oldest.from_number, oldest.to_number) == (1, 2)


@pytest.mark.parametrize(
    ("registered", "known"),
    [
        pytest.param((), "it has none", id="the model has no version"),
        pytest.param((1, 3, 2), "the newest is 3", id="the model has others"),
    ],
)
def test_alias_of_a_version_that_is_not_there_says_so(
    registered: tuple[int, ...], known: str
) -> None:
    message = (
        f"model 'flight-delay' has no version 9: {known}; set `spec.number` to one that is "
        "registered"
    )

    assert decide(view(9, registered=registered), NOW) == said(
        (change(9, at=CREATED),),
        *conditions("VersionMissing", message, "Stalled"),
        name=None,
    )


def test_alias_of_a_version_that_goes_keeps_its_history() -> None:
    before = view(status=decide(view(), NOW).status)

    gone = decide(dataclasses.replace(before, numbers=()), LATER).status

    assert (gone.version_name, gone.history) == (None, (FIRST,))
    assert [item.reason for item in gone.conditions] == ["VersionMissing", "VersionMissing"]
