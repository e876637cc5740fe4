"""Predicts with the C++ engine, and refuses to guess: whatever it does not know has a reason."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_native.engine import Call, Features, Model
from tidewheel_server.engines.classes import class_values
from tidewheel_server.engines.direct import DirectCall, DirectFrame
from tidewheel_server.engines.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.engines.native.document import SkopsObject, read_document
from tidewheel_server.engines.native.estimators import Computation, computation
from tidewheel_server.engines.native.features import Feature, Missing, Number, OneHot
from tidewheel_server.engines.native.preprocessing import Preprocessing, transformed
from tidewheel_server.engines.native.unsupported import UnsupportedError
from tidewheel_server.engines.tier import EXACT, Candidate, ModelFiles, Tolerance
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["NativeEngine", "native_engine"]

# Weighted sums are added in another order, and exponentials come from another library.
_ROUNDING = Tolerance(absolute=1e-12, relative=1e-12)


class NativeEngine:
    """A model in C++; two threads may call it at once."""

    platform = "native"

    def __init__(
        self, model: Model, is_text: Mapping[str, bool], classes: NDArray[Any] | None
    ) -> None:
        """Take a model that reads the named columns in order; one of a number has no classes."""
        self._model = model
        self._is_text = is_text
        self._classes = classes

    def predict(self, columns: Columns) -> Outputs:
        """Return every output for the rows of the columns."""
        given = [_given(columns[name], is_text) for name, is_text in self._is_text.items()]
        try:
            answers = self._model.predict(given)
        except ValueError as error:
            raise ValuesRefusedError(f"The model refuses these values: {error}") from error
        if self._classes is None:
            return {PREDICT: answers.reshape(-1)}
        return {PREDICT: self._classes[answers.argmax(axis=1)], PROBABILITY: answers}

    def direct_call(self, frame: DirectFrame) -> DirectCall:
        """Return the function that answers requests of this frame."""
        return Call(
            self._model,
            [(column.name, column.kind, column.datatypes) for column in frame.columns],
            frame.matrix_datatypes,
            frame.opening,
            [
                (output.name, output.head, output.tail, output.labels, output.has_width)
                for output in frame.outputs
            ],
        )


def native_engine(files: ModelFiles) -> Candidate:
    """Return the engine of a model, and how near to scikit-learn's its answers must be.

    Raises:
        UnsupportedError: the model holds something that is not implemented; the message names it.
    """
    manifest = files.manifest
    pipeline = read_document(files.skops)
    is_text = {column.name: column.datatype == "BYTES" for column in manifest.inputs}
    columns = Preprocessing(list(is_text), list(is_text.values()))
    estimator, features = _read(pipeline, columns)
    width = sum(feature.width if isinstance(feature, OneHot) else 1 for feature in features)
    computed = computation(estimator, width)
    model = _built(features, computed, columns)
    engine = NativeEngine(model, is_text, _classes(computed, manifest))
    return Candidate(engine, EXACT if computed.is_exact else _ROUNDING)


def _read(pipeline: SkopsObject, columns: Preprocessing) -> tuple[SkopsObject, list[Feature]]:
    """Return the estimator of a pipeline, and the features that it reads."""
    features: list[Feature] = [Number(place) for place in range(len(columns.names))]
    if pipeline.name != "sklearn.pipeline.Pipeline":
        raise UnsupportedError(f"{pipeline.short_name} without a Pipeline is not implemented")
    *steps, (_, estimator) = pipeline["steps"]
    for _, step in steps:
        features = transformed(step, features, columns)
    if not isinstance(estimator, SkopsObject):
        raise UnsupportedError(f"the estimator {estimator!r:.40} is not implemented")
    return estimator, features


def _built(features: list[Feature], computed: Computation, columns: Preprocessing) -> Model:
    described = Features(columns.is_text)
    try:
        for feature in features:
            _add(described, feature)
        return Model(
            described,
            computed.part,
            computed.start,
            computed.answer,
            computed.accepts,
            columns.refuses_endless_columns,
        )
    except ValueError as error:
        raise UnsupportedError(f"the parts of the model do not fit: {error}") from error


def _add(described: Features, feature: Feature) -> None:
    if isinstance(feature, Number):
        described.add_number(feature.column, feature.steps)
        return
    if isinstance(feature, Missing):
        described.add_missing(feature.column, feature.steps)
        return
    table = feature.table
    coded = (feature.column, table.keys, table.codes, table.missing, table.unknown)
    if isinstance(feature, OneHot):
        described.add_one_hot(*coded, feature.width)
    else:
        described.add_code(*coded, feature.steps)


def _classes(computed: Computation, manifest: ModelManifest) -> NDArray[Any] | None:
    """Return the classes in the order of the answers, or None for a model of a number."""
    if computed.is_classifier != (manifest.task is Task.CLASSIFICATION):
        raise UnsupportedError(f"the file's model does not do the manifest's {manifest.task}")
    if not computed.is_classifier:
        return None
    classes = class_values(manifest)
    answers = 2 if computed.answer in {"logistic", "half_logistic"} else len(computed.start)
    if len(classes) != answers:
        raise UnsupportedError(f"the file's model has {answers} classes, not {len(classes)}")
    return classes


def _given(values: NDArray[Any], is_text: bool) -> Any:  # noqa: ANN401
    return values.tolist() if is_text else np.ascontiguousarray(values, dtype=np.float64)
