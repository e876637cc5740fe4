"""What the native engine does not know exactly it does not compute; the reason names it."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from tests.unit.server.engines.native import tables

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.engine import ValuesRefusedError
from tidewheel_server.engines.native.engine import native_engine
from tidewheel_server.engines.native.tier import NATIVE
from tidewheel_server.engines.native.unsupported import UnsupportedError
from tidewheel_server.engines.tier import Candidate, ModelFiles, Unable

TABLE = tables.training_table(0)
CLASSES = tables.labels(TABLE, 0, 2)
NUMBERS = tables.numbers(TABLE, 0)


def classifier(estimator: Any, reading: Any = tables.as_they_are) -> Pipeline:
    return Pipeline([("columns", reading()), ("estimator", estimator)]).fit(TABLE, CLASSES)


def of_categories(encoder: OrdinalEncoder) -> ColumnTransformer:
    return ColumnTransformer([("codes", encoder, tables.CATEGORICAL)])


def reason(pipeline: Pipeline, manifest: ModelManifest) -> str:
    with pytest.raises(UnsupportedError) as raised:
        native_engine(tables.files_of(pipeline, TABLE, manifest))
    return str(raised.value)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (
            CalibratedClassifierCV(RandomForestClassifier(2)),
            "CalibratedClassifierCV is not implemented",
        ),
    ],
)
def test_unknown_estimators_are_named(estimator: Any, said: str, manifest: ModelManifest) -> None:
    assert reason(classifier(estimator), manifest) == said


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (KNeighborsClassifier(algorithm="brute"), "KNeighborsClassifier is not implemented"),
        (
            SGDClassifier(loss="modified_huber"),
            "SGDClassifier with loss='modified_huber' is not implemented",
        ),
    ],
)
def test_unknown_estimators_on_scaled_columns_are_named(
    estimator: Any, said: str, manifest: ModelManifest
) -> None:
    assert reason(classifier(estimator, tables.scaled), manifest) == said


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (
            OrdinalEncoder(handle_unknown="error"),
            "OrdinalEncoder with handle_unknown='error' is not implemented",
        ),
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=3),
            "OrdinalEncoder with max_categories=3 is not implemented",
        ),
        (
            OneHotEncoder(handle_unknown="ignore"),
            "OneHotEncoder of something else than codes is not known",
        ),
    ],
)
def test_other_encoders_are_named(encoder: Any, said: str, manifest: ModelManifest) -> None:
    pipeline = classifier(RandomForestClassifier(2), lambda: of_categories(encoder))

    assert reason(pipeline, manifest) == said


def test_imputers_of_text_are_named(manifest: ModelManifest) -> None:
    filler = SimpleImputer(missing_values=None, strategy="constant", fill_value="")
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("text", make_pipeline(filler, encoder), ["carrier"])])

    said = reason(classifier(RandomForestClassifier(2), lambda: columns), manifest)

    assert said == "SimpleImputer of None is not implemented"


def test_text_that_no_encoder_reads_is_refused(manifest: ModelManifest) -> None:
    numbers = ColumnTransformer([("numbers", "passthrough", ["gate"])])
    pipeline = Pipeline([("columns", numbers), ("estimator", RandomForestRegressor(2))])
    files = tables.files_of(pipeline.fit(TABLE, NUMBERS), TABLE, manifest)
    texts = [column.model_copy(update={"datatype": "BYTES"}) for column in files.manifest.inputs]
    changed = files.manifest.model_copy(update={"inputs": tuple(texts)})

    with pytest.raises(UnsupportedError) as raised:
        native_engine(ModelFiles(changed, files.skops))

    said = "the parts of the model do not fit: a feature reads a column that is not there"
    assert str(raised.value) == said


def test_the_tier_gives_an_engine_or_the_reason(manifest: ModelManifest) -> None:
    known = NATIVE.build(tables.files_of(classifier(RandomForestClassifier(2)), TABLE, manifest))
    unknown = classifier(KNeighborsClassifier(algorithm="brute"), tables.scaled)

    assert isinstance(known, Candidate)
    assert known.engine.platform == NATIVE.name
    assert NATIVE.build(tables.files_of(unknown, TABLE, manifest)) == Unable(
        "KNeighborsClassifier is not implemented"
    )


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all"])
def test_bytes_that_are_no_model_file_are_refused(data: bytes, manifest: ModelManifest) -> None:
    with pytest.raises(UnsupportedError, match=r"^The model file is no skops file: "):
        native_engine(ModelFiles(manifest, data))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"left_child": 10_000}, "the nodes of a tree are no tree"),
        ({"left_child": 0, "right_child": 0}, "the nodes of a tree are no tree"),
        ({"feature": 99}, "the nodes of a tree are no tree"),
        ({"feature": -7}, "the nodes of a tree are no tree"),
    ],
)
def test_trees_that_lead_out_of_their_nodes_are_refused(
    damage: dict[str, int], said: str, manifest: ModelManifest
) -> None:
    files = tables.files_of(classifier(RandomForestClassifier(1, max_depth=3)), TABLE, manifest)

    def damaged(nodes: Any) -> Any:
        for name, value in damage.items():
            nodes[name][0] = value
        return nodes

    with pytest.raises(UnsupportedError) as raised:
        native_engine(ModelFiles(files.manifest, _with_nodes(files.skops, damaged)))

    assert str(raised.value) == f"a tree is damaged: {said}"


def test_values_that_scikit_learn_refuses_are_refused_in_its_words(
    manifest: ModelManifest,
) -> None:
    forest = native_engine(
        tables.files_of(classifier(RandomForestClassifier(2)), TABLE, manifest)
    ).engine
    linear = native_engine(
        tables.files_of(
            classifier(LogisticRegression(max_iter=300), tables.scaled), TABLE, manifest
        )
    ).engine

    for engine, value, kind in [
        (forest, 1e39, "float32"),
        (forest, np.inf, "float32"),
        (linear, -np.inf, "float64"),
    ]:
        columns = tables.columns_of(pd.DataFrame(TABLE[:3]).assign(delay=value))
        with pytest.raises(ValuesRefusedError) as raised:
            engine.predict(columns)
        assert str(raised.value) == (
            "The model refuses these values: Input X contains infinity or a value too large for "
            f"dtype('{kind}')."
        )


def _with_nodes(data: bytes, change: Callable[[Any], Any]) -> bytes:
    """Return a model file whose trees have other nodes."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content))
                if "left_child" in (array.dtype.names or ()):
                    written = io.BytesIO()
                    np.save(written, change(array))
                    content = written.getvalue()
            target.writestr(name, content)
    return changed.getvalue()
