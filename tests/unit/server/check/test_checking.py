"""A server's answers are compared with those of the fit, row by row, as a client gets them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.unit.server.conftest import FakeEngine

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_server.check.checking import Differences, ask, refuse_unfitting
from tidewheel_server.engines.engine import Columns, Engine, Outputs, ValuesRefusedError
from tidewheel_server.engines.tier import Tolerance
from tidewheel_server.errors import LoadError
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.tensors import input_tensors, output_tensors

ROWS = CheckRows(
    columns=((1.5, -2.0, None), (100, 200, 300), (True, None, False), ("UA", None, "AA")),
    predicted=("late", "on time", "on time"),
    probabilities=((0.125, 0.875), (0.875, 0.125), (0.875, 0.125)),
)


def ticking(step: float = 0.002) -> Any:
    """Return a clock that goes on by so many seconds whenever it is looked at."""
    return iter(np.arange(1000) * step).__next__


def served(
    identity: Identity, manifest: ModelManifest, engine: Engine, **changes: Any
) -> ServedModel:
    changed = manifest.model_copy(update=changes)
    return ServedModel(
        identity=identity,
        manifest=changed,
        engine=engine,
        inputs=input_tensors(changed),
        outputs=output_tensors(changed),
        header_lines=b"",
    )


def asked(model: ServedModel, rows: CheckRows = ROWS, **changes: Any) -> Differences:
    return ask(model, rows.model_copy(update=changes), ticking())


def test_same_answers_are_no_difference(model: ServedModel, engine: FakeEngine) -> None:
    assert asked(model) == Differences(0, 0, 0, "", pytest.approx(2.0))
    # Once all together, then one by one.
    assert [len(columns["delay"]) for columns in engine.asked] == [3, 1, 1, 1]


def test_another_label_is_counted_and_shown(model: ServedModel) -> None:
    found = asked(model, predicted=("late", "late", "on time"))

    assert found == Differences(
        1, 0, 0, 'row 2: "late" expected, "on time" answered', pytest.approx(2.0)
    )


def test_other_probabilities_of_the_same_label_are_counted(model: ServedModel) -> None:
    found = asked(model, probabilities=((0.125, 0.875), (0.875, 0.125), (0.8750001, 0.1249999)))

    assert found == Differences(
        0, 1, 0, "row 3: 0.8750001 expected, 0.875 answered", pytest.approx(2.0)
    )


def test_rounding_of_another_processor_is_no_difference(model: ServedModel) -> None:
    nearly = 0.875 * (1 + 1e-12)
    found = asked(model, probabilities=((0.125, nearly), (nearly, 0.125), (nearly, 0.125)))

    assert found == Differences(0, 0, 0, "", pytest.approx(2.0))


def test_numbers_within_the_tolerance_of_the_engine_are_no_difference(model: ServedModel) -> None:
    other = ((0.125, 0.875), (0.875, 0.125), (0.875001, 0.124999))

    found = asked(replace(model, tolerance=Tolerance(absolute=1e-5)), probabilities=other)

    assert found == Differences(0, 0, 0, "", pytest.approx(2.0))


class BoolEngine:
    """Answers `true` to every row."""

    platform = "fake"

    def predict(self, columns: Columns) -> Outputs:
        rows = len(columns["delay"])
        return {"predict": np.ones(rows, dtype=np.bool_), "probability": np.ones((rows, 2)) / 2}


def test_one_is_not_true(identity: Identity, manifest: ModelManifest) -> None:
    model = served(identity, manifest, BoolEngine(), classes_datatype="BOOL")

    found = asked(model, predicted=(True, True, 1), probabilities=((0.5, 0.5),) * 3)

    assert (found.other_labels, found.example) == (1, "row 3: 1 expected, true answered")


def test_rows_that_the_server_refuses_are_counted_with_its_words(
    model: ServedModel, engine: FakeEngine
) -> None:
    engine.error = ValuesRefusedError("The model refuses these values")

    assert asked(model) == Differences(
        0, 0, 3, "row 1: 400 The model refuses these values", pytest.approx(2.0)
    )


class SumEngine:
    """Answers a number that large ones leave."""

    platform = "fake"

    def predict(self, columns: Columns) -> Outputs:
        return {"predict": np.array([1e6, 1e-9, 5.0])[: len(columns["delay"])]}


@pytest.fixture
def regression(identity: Identity, manifest: ModelManifest) -> ServedModel:
    number = {"task": Task.REGRESSION, "classes": (), "classes_datatype": "FP64"}
    return served(identity, manifest, SumEngine(), **number)


def test_numbers_are_alike_but_for_their_last_digits(regression: ServedModel) -> None:
    rows = CheckRows(columns=ROWS.columns, predicted=(1e6 * (1 + 1e-12), 0.0, 5.0))
    alone = rows.model_copy(
        update={"columns": tuple(values[:1] for values in rows.columns), "predicted": (1e6,)}
    )

    assert asked(regression, alone) == Differences(0, 0, 0, "", pytest.approx(2.0))
    found = asked(regression, rows)
    # One by one the fake answers 1e6 to every row: 0.0 and 5.0 differ.
    assert (found.other_labels, found.other_numbers) == (0, 2)
    assert found.example == "row 2: 0.0 expected, 1000000.0 answered"


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ROWS.columns[:3]},
        {"columns": (*ROWS.columns[:3], ("UA",))},
        {"predicted": ("late",)},
        {"probabilities": ()},
        {"probabilities": ((1.0,), (1.0,), (1.0,))},
        {"columns": ((), (), (), ()), "predicted": (), "probabilities": ()},
    ],
)
def test_rows_of_another_model_are_refused(
    manifest: ModelManifest, changes: dict[str, Any]
) -> None:
    with pytest.raises(LoadError) as raised:
        refuse_unfitting(ROWS.model_copy(update=changes), manifest)

    assert raised.value.failure.reason == FailureReason.ARTIFACT_DAMAGED
    assert str(raised.value) == "The rows to ask do not fit the model's 4 inputs and 2 classes"


def test_rows_of_the_model_are_taken(manifest: ModelManifest) -> None:
    refuse_unfitting(ROWS, manifest)
