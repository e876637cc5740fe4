"""Which rows belong to the slices and groups that the gate asks about."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tidewheel_contracts.api.v1alpha1.gate import Gate
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.groups import Groups, gate_columns, gate_rows, largest_groups

COLUMNS = tuple(
    SnapshotColumn(name=name, type=kind)
    for name, kind in (
        ("late", "bool"),
        ("wind", "double"),
        ("carrier", "string"),
        ("day", "timestamp[us]"),
        ("stops", "list<item: string>"),
    )
)
ASKED = [{"metric": "f1", "minimum": "0.4"}]


def _gate(*slices: dict[str, Any], fairness: tuple[str, ...] = ()) -> Gate:
    return Gate.model_validate(
        {
            "slices": [{"thresholds": ASKED, **each} for each in slices],
            "fairness": [
                {"column": column, "metric": "f1", "maximumDifference": "0.1"}
                for column in fairness
            ],
        }
    )


def _columns(gate: Gate, scratch: Path) -> tuple[str, ...]:
    return gate_columns(gate, COLUMNS, "late", scratch)


def _rows_of(found: Any) -> list[tuple[str, list[int]]]:
    return [(name, rows.tolist()) for name, rows in found.named]


def test_columns_of_expressions_slices_and_fairness_are_read_once(tmp_path: Path) -> None:
    gate = _gate(
        {"name": "storm", "expression": "WIND > 20 AND hour(day) < 6"},
        {"name": "by-carrier", "column": "carrier"},
        fairness=("carrier",),
    )
    assert _columns(gate, tmp_path) == ("carrier", "wind", "day")
    assert _columns(Gate(), tmp_path) == ()


@pytest.mark.parametrize(
    ("gate", "reason", "message"),
    [
        pytest.param(
            _gate({"name": "storm", "expression": "gust > 20"}),
            FailureReason.PARAMETER_INVALID,
            "`gate.slices[storm].expression`: there is no column 'gust'; there are wind, carrier, "
            "day, stops",
            id="no such column",
        ),
        pytest.param(
            _gate({"name": "storm", "expression": "late"}),
            FailureReason.PARAMETER_INVALID,
            "`gate.slices[storm].expression`: there is no column 'late'; there are wind, carrier, "
            "day, stops",
            id="the target",
        ),
        pytest.param(
            _gate({"name": "storm", "expression": "(SELECT true FROM '/etc/passwd')"}),
            FailureReason.PARAMETER_INVALID,
            "`gate.slices[storm].expression`: a subquery cannot be used here, only values of the "
            "same row",
            id="a file",
        ),
        pytest.param(
            _gate({"name": "by-carrier", "column": "airline"}),
            FailureReason.COLUMN_MISSING,
            "the snapshot has no column 'airline', which `gate.slices` names; correct the name, or "
            "deliver the column",
            id="no such column of a slice",
        ),
        pytest.param(
            _gate(fairness=("late",)),
            FailureReason.PARAMETER_INVALID,
            "`gate.fairness` names 'late', the target column; name another",
            id="groups of the target",
        ),
        pytest.param(
            _gate(fairness=("stops",)),
            FailureReason.PARAMETER_INVALID,
            "`gate.fairness` names 'stops', which is list<item: string>; name a column of single "
            "values",
            id="groups of lists",
        ),
    ],
)
def test_what_cannot_group_rows_is_refused(
    gate: Gate, reason: FailureReason, message: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainerError) as caught:
        _columns(gate, tmp_path)
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_an_expression_is_true_of_rows_and_null_is_not(tmp_path: Path) -> None:
    gate = _gate(
        {"name": "storm", "expression": "wind > 20 -- strong"},
        {"name": "all", "expression": "true"},
    )
    table = pa.table({"wind": pa.array([10.0, 21.0, None, 30.0])})
    found = gate_rows(gate, table, tmp_path)
    assert {name: rows.tolist() for name, rows in found.true_of.items()} == {
        "storm": [False, True, False, True],
        "all": [True] * 4,
    }


def test_an_expression_of_no_column_is_asked_of_every_row(tmp_path: Path) -> None:
    table = pa.table({"wind": [1.0, 2.0]}).select([])
    found = gate_rows(_gate({"name": "all", "expression": "1 = 1"}), table, tmp_path)
    assert found.true_of["all"].tolist() == [True, True]


def test_an_expression_that_fails_on_a_row_names_its_slice(tmp_path: Path) -> None:
    gate = _gate({"name": "far", "expression": "CAST(carrier AS INTEGER) > 1"})
    with pytest.raises(TrainerError) as caught:
        gate_rows(gate, pa.table({"carrier": ["7", "UA"]}), tmp_path)
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith("`gate.slices[far].expression`: ")
    assert "UA" in caught.value.message


@pytest.mark.parametrize(
    ("column", "groups"),
    [
        pytest.param(
            pa.array(["UA", "AA", None, "UA"]),
            [("UA", [0, 3]), ("(no value)", [2]), ("AA", [1])],
            id="texts",
        ),
        pytest.param(
            pa.array([2.5, float("nan"), None, 2.5]),
            [("2.5", [0, 3]), ("(no value)", [1, 2])],
            id="numbers",
        ),
        pytest.param(
            pa.array([True, False, True, True]),
            [("true", [0, 2, 3]), ("false", [1])],
            id="booleans",
        ),
    ],
)
def test_a_column_groups_rows_by_its_values(
    column: pa.Array, groups: list[tuple[str, list[int]]], tmp_path: Path
) -> None:
    found = gate_rows(_gate(fairness=("carrier",)), pa.table({"carrier": column}), tmp_path)
    named = largest_groups(found.groups["carrier"], np.ones(4, dtype=bool))
    assert sorted(_rows_of(named)) == sorted(groups)


GROUPS = Groups(pa.array(["AA", "B6", "DL", "UA"]), np.array([3, 0, 1, 0, 3, 0, 2, 1]))
TESTED = np.array([True, True, True, True, True, False, False, True])


def test_places_are_among_the_tested_rows_and_untested_values_are_no_group() -> None:
    found = largest_groups(GROUPS, TESTED)
    assert _rows_of(found) == [("AA", [1, 3]), ("B6", [2, 5]), ("UA", [0, 4])]
    assert (found.others.tolist(), found.other_values) == ([], 0)


def test_beyond_the_most_values_the_others_are_together() -> None:
    found = largest_groups(GROUPS, TESTED, most=1)
    assert _rows_of(found) == [("AA", [1, 3])]
    assert (found.others.tolist(), found.other_values) == ([0, 2, 4, 5], 2)


def test_values_of_too_few_rows_are_counted() -> None:
    found = largest_groups(GROUPS, np.ones(8, dtype=bool), least_rows=3)
    assert (_rows_of(found), found.other_values) == ([("AA", [1, 3, 5])], 3)


def test_a_long_value_is_cut() -> None:
    found = largest_groups(Groups(pa.array(["x" * 50]), np.zeros(1, int)), np.ones(1, dtype=bool))
    assert found.named[0][0] == "x" * 39 + "…"
