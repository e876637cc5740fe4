"""Valid objects that the server's unit tests start from; a test changes only what it is about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tidewheel_contracts.artifact.model import ModelInput, ModelManifest, Recipe
from tidewheel_contracts.artifact.profile import (
    CategoryShare,
    FeatureProfile,
    PredictionProfile,
    Profile,
)
from tidewheel_server.engines.engine import Columns, Outputs
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.tensors import input_tensors, output_tensors

DIGEST = "sha256:" + "a" * 64


@dataclass
class FakeEngine:
    """Answers `late` for rows whose delay is above zero; keeps what it was asked."""

    platform: str = "fake"
    asked: list[Columns] = field(default_factory=list)
    error: Exception | None = None

    def predict(self, columns: Columns) -> Outputs:
        self.asked.append(columns)
        if self.error is not None:
            raise self.error
        late = (columns["delay"] > 0).astype(np.float64)
        return {
            "predict": np.where(late > 0, "late", "on time").astype(object),
            "probability": np.column_stack([1 - 0.75 * late - 0.125, 0.75 * late + 0.125]),
        }


@pytest.fixture
def identity() -> Identity:
    return Identity("flights", "2", "flights-v2", DIGEST)


@pytest.fixture
def manifest() -> ModelManifest:
    return ModelManifest(
        model_name="flights",
        files=(),
        digest=DIGEST,
        inputs=(
            ModelInput(name="delay", datatype="FP64", kind="Numeric"),
            ModelInput(name="seats", datatype="INT64", kind="Numeric"),
            ModelInput(name="night", datatype="BOOL", kind="Numeric"),
            ModelInput(name="carrier", datatype="BYTES", kind="Categorical"),
        ),
        classes=("on time", "late"),
        classes_datatype="BYTES",
        sample=((1.5, None), (100, 200), (True, None), ("UA", None)),
        recipe=Recipe(
            candidate="boosting",
            estimator="sklearn.ensemble.HistGradientBoostingClassifier",
            parameters={},
            numeric=("delay", "seats", "night"),
            categorical=("carrier",),
            target="late",
            time=None,
            seed=0,
        ),
        snapshot_digest=DIGEST,
        snapshot_manifest_key="snapshots/a.json",
        training_rows=1000,
        library_versions={},
    )


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def model(identity: Identity, manifest: ModelManifest, engine: FakeEngine) -> ServedModel:
    return ServedModel(
        identity=identity,
        manifest=manifest,
        engine=engine,
        inputs=input_tensors(manifest),
        outputs=output_tensors(manifest),
        header_lines=identity.header_lines,
    )


@pytest.fixture
def tensors() -> Callable[..., list[dict[str, Any]]]:
    """Return a function that makes the inputs of a valid two-row request, with some replaced."""

    def make(**replaced: dict[str, Any]) -> list[dict[str, Any]]:
        valid: dict[str, dict[str, Any]] = {
            "delay": {"datatype": "FP64", "shape": [2], "data": [1.5, -2]},
            "seats": {"datatype": "INT64", "shape": [2], "data": [100, 200]},
            "night": {"datatype": "BOOL", "shape": [2], "data": [True, False]},
            "carrier": {"datatype": "BYTES", "shape": [2], "data": ["UA", "AA"]},
        }
        return [
            {"name": name, **tensor, **replaced.get(name, {})} for name, tensor in valid.items()
        ]

    return make


@pytest.fixture
def profile() -> Profile:
    return Profile(
        rows=1000,
        features=(
            FeatureProfile(
                name="delay",
                kind="Numeric",
                missing_share=0,
                edges=(-10, 0, 10),
                shares=(0.5, 0.5),
                minimum=-10,
                maximum=10,
            ),
            FeatureProfile(
                name="seats",
                kind="Numeric",
                missing_share=0,
                values=(100, 200),
                shares=(0.5, 0.5),
                minimum=100,
                maximum=200,
            ),
            FeatureProfile(
                name="night",
                kind="Numeric",
                missing_share=0,
                values=(0, 1),
                shares=(0.5, 0.5),
                minimum=0,
                maximum=1,
            ),
            FeatureProfile(
                name="carrier",
                kind="Categorical",
                missing_share=0,
                categories=(CategoryShare(value="UA", share=1),),
            ),
        ),
        prediction=PredictionProfile(rows=200, mean=0.5, edges=(0, 0.5, 1), shares=(0.5, 0.5)),
    )
