"""An engine is alike only if every probe says so: labels, numbers, single rows, and refusals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelInput, ModelManifest
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_server.engines.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.engines.parity import Probes, difference, probes_of
from tidewheel_server.engines.tier import EXACT, Tolerance

Change = Callable[[Columns, Outputs], Outputs]
DELAYS = (2.0, -1.0, None, 1e39, 0.5, 3.0)


@dataclass
class ScaledEngine:
    """Says `late` of positive delays, and refuses what is over a thousand; then changes that."""

    change: Change = lambda columns, outputs: outputs
    platform: str = "native"

    def predict(self, columns: Columns) -> Outputs:
        delays = np.nan_to_num(columns["delay"])
        if (delays > 1000).any():
            raise ValuesRefusedError("The model refuses these values: too large")
        late = np.where(delays > 0, 0.75, 0.25)
        outputs = {
            "predict": np.where(late > 0.5, "late", "on time").astype(object),
            "probability": np.column_stack([1 - late, late]),
        }
        return self.change(columns, outputs)


@pytest.fixture
def classes(manifest: ModelManifest) -> ModelManifest:
    return manifest.model_copy(
        update={"inputs": (ModelInput(name="delay", datatype="FP64", kind="Numeric"),)}
    )


@pytest.fixture
def probes(classes: ModelManifest) -> Probes:
    late, on_time = (0.25, 0.75), (0.75, 0.25)
    parity = Parity(
        columns=(DELAYS,),
        predicted=("late", "on time", "on time", None, "late", "late"),
        probabilities=(late, on_time, on_time, (), late, late),
    )
    return probes_of(parity, classes)


def shifted(by: float) -> Change:
    return lambda columns, outputs: {
        **outputs,
        "probability": outputs["probability"] + np.array([-by, by]),
    }


def test_equal_engine_is_alike(probes: Probes) -> None:
    assert difference(ScaledEngine(), probes, EXACT) is None


def test_numbers_within_the_tolerance_are_alike(probes: Probes) -> None:
    assert difference(ScaledEngine(shifted(1e-6)), probes, Tolerance(absolute=1e-5)) is None


def test_numbers_beyond_the_tolerance_are_told(probes: Probes) -> None:
    unlike = difference(ScaledEngine(shifted(1e-4)), probes, Tolerance(absolute=1e-5))

    assert unlike == "gives 5 of 5 probes other numbers; numbers differ by up to 0.0001"


def test_answer_that_is_no_number_is_unlike(probes: Probes) -> None:
    def nothing(columns: Columns, outputs: Outputs) -> Outputs:
        return {**outputs, "probability": np.full((len(columns["delay"]), 2), np.nan)}

    unlike = difference(ScaledEngine(nothing), probes, Tolerance(absolute=1.0))

    assert unlike == "gives 5 of 5 probes other numbers; numbers differ by up to nan"


def test_other_label_is_told_with_an_example(probes: Probes) -> None:
    def all_late(columns: Columns, outputs: Outputs) -> Outputs:
        return {**outputs, "predict": np.full(len(columns["delay"]), "late", dtype=object)}

    unlike = difference(ScaledEngine(all_late), probes, Tolerance(absolute=1.0))

    assert unlike == (
        "gives 2 of 5 probes another label, 'late' for 'on time'; numbers differ by up to 0"
    )


def test_labels_of_another_type_are_told(probes: Probes) -> None:
    def numbered(columns: Columns, outputs: Outputs) -> Outputs:
        return {**outputs, "predict": np.zeros(len(columns["delay"]), dtype=np.int64)}

    unlike = difference(ScaledEngine(numbered), probes, EXACT)

    assert unlike == "gives labels as int64, not object"


def test_single_rows_that_differ_are_told(probes: Probes) -> None:
    def wrong_alone(columns: Columns, outputs: Outputs) -> Outputs:
        return shifted(0.1)(columns, outputs) if len(columns["delay"]) == 1 else outputs

    unlike = difference(ScaledEngine(wrong_alone), probes, EXACT)

    assert unlike == (
        "gives 5 of 5 probes other numbers; numbers differ by up to 0.1, when probes come alone"
    )


def test_answer_to_what_scikit_learn_refuses_is_told(probes: Probes) -> None:
    class Taker(ScaledEngine):
        def predict(self, columns: Columns) -> Outputs:
            return super().predict({"delay": np.minimum(columns["delay"], 1.0)})

    unlike = difference(Taker(), probes, EXACT)

    assert unlike == "answers 1 of 1 probes that scikit-learn refuses"


def test_refusal_of_what_scikit_learn_answers_is_told(probes: Probes) -> None:
    class Refuser(ScaledEngine):
        def predict(self, columns: Columns) -> Outputs:
            if np.isnan(columns["delay"]).any():
                raise ValuesRefusedError("no missing values")
            return super().predict(columns)

    unlike = difference(Refuser(), probes, EXACT)

    assert unlike == "refuses probes that scikit-learn answers: no missing values"


@pytest.mark.parametrize(
    ("number", "found", "is_alike"),
    [
        pytest.param(1000.0, 1000.0 + 1e-10, True, id="a share of the number"),
        pytest.param(1000.0, 1000.0 + 1e-8, False, id="a larger share of it"),
        pytest.param(1e-9, 1e-9 + 1e-10, True, id="near zero a share of the usual size"),
        pytest.param(1e-9, 1e-9 + 1e-8, False, id="near zero a larger share of it"),
    ],
)
def test_relative_tolerance_is_of_the_number_or_of_the_usual_size(
    classes: ModelManifest, number: float, found: float, is_alike: bool
) -> None:
    class Regressor:
        platform = "native"

        def predict(self, columns: Columns) -> Outputs:
            delays = columns["delay"]
            return {"predict": np.where(delays == 0, found, 1000.0)}

    regression = classes.model_copy(update={"task": Task.REGRESSION, "classes": ()})
    parity = Parity(columns=((0.0, 1.0, 2.0),), predicted=(number, 1000.0, 1000.0))

    unlike = difference(Regressor(), probes_of(parity, regression), Tolerance(relative=1e-12))

    assert (unlike is None) is is_alike


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"columns": (DELAYS, DELAYS)}, id="another number of columns"),
        pytest.param({"columns": (DELAYS[:-1],)}, id="a column that is too short"),
        pytest.param({"probabilities": ()}, id="no probabilities"),
        pytest.param({"predicted": (None,) * 6, "probabilities": ((),) * 6}, id="no answer"),
    ],
)
def test_probes_of_another_model_are_refused(
    classes: ModelManifest, changed: dict[str, Any]
) -> None:
    valid = Parity(columns=(DELAYS,), predicted=("late",) * 6, probabilities=((0.25, 0.75),) * 6)

    with pytest.raises(ValueError, match="do not fit the model's 1 inputs and 2 classes"):
        probes_of(valid.model_copy(update=changed), classes)
