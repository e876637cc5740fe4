"""A model is served by the fastest engine that is alike, in a process without scikit-learn."""

import os
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline
from tests.contract.conftest import KEYS
from tests.contract.serve.conftest import INPUTS, inputs_of, labels_of

from tidewheel_contracts.api.v1alpha1 import dataset
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_trainer.train.frame import features_frame
from tidewheel_trainer.train.parity import parity
from tidewheel_trainer.train.target import Target, read_target

_LOADING = """
import os, sys
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.loading.artifact_files import fetch_artifact
from tidewheel_server.loading.artifact_loader import load_model
from tidewheel_server.loading.store import S3Store
from tidewheel_server.server import identity_of

request = ServeRequest.model_validate_json(sys.stdin.read())
artifact = fetch_artifact(request, S3Store(request.store.spec, os.environ))
model = load_model(artifact, identity_of(request))
libraries = [name for name in ("sklearn", "pandas", "skops", "scipy") if name in sys.modules]
print(model.engine.platform, libraries, [(each.engine, each.reason) for each in model.refused])
"""


def probes(pipeline: Pipeline, table: pa.Table, recipe: Recipe) -> Parity:
    """Return the parity file, as a run writes it."""
    frame = features_frame(table)
    first = tuple(tuple(each["data"][:5]) for each in inputs_of(table))
    return parity(pipeline, recipe, frame, INPUTS, target_of(frame, recipe.target), first)


def target_of(frame: Any, name: str) -> Target:
    labels = labels_of(frame["delay"].fillna(0).to_numpy(), name)
    spec = dataset.Target.model_validate({"column": name})
    return read_target(spec, pa.chunked_array([pa.array(labels)]))


def served_by(request: Any) -> str:
    """Load the model in a process of its own; say what serves, and what was imported."""
    answer = subprocess.run(
        [sys.executable, "-c", _LOADING],
        input=request.to_json(),
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        check=True,
    )
    # What is logged comes before.
    return answer.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("estimator", "target"),
    [
        ("sklearn.linear_model.LogisticRegression", "late"),
        ("sklearn.ensemble.RandomForestClassifier", "word"),
        ("sklearn.ensemble.HistGradientBoostingRegressor", "minutes"),
    ],
)
def test_native_engine_serves_without_the_libraries_of_models(
    publish: Any, estimator: str, target: str
) -> None:
    published = publish(estimator, target=target, probes=probes)

    assert served_by(published.request) == "native [] []"


def test_what_the_native_engine_does_not_know_is_served_by_scikit_learn(publish: Any) -> None:
    published = publish("sklearn.naive_bayes.GaussianNB", probes=probes)

    answer = served_by(published.request)

    assert answer.startswith("sklearn ['sklearn', 'pandas', 'skops', 'scipy'] [('native', ")
    assert "GaussianNB" in answer


def test_model_without_probes_is_served_by_scikit_learn(boosting: Any) -> None:
    answer = served_by(boosting.request)

    assert answer == (
        "sklearn ['sklearn', 'pandas', 'skops', 'scipy'] [('native', 'an earlier release "
        "published the model, without probes to compare engines by')]"
    )


def test_probes_of_another_model_choose_scikit_learn(publish: Any) -> None:
    """The same rows, and the answers of a fit with another seed."""

    def others(pipeline: Pipeline, table: pa.Table, recipe: Recipe) -> Parity:
        found = probes(pipeline, table, recipe)
        swapped = tuple(tuple(reversed(row)) for row in found.probabilities)
        return found.model_copy(update={"probabilities": swapped})

    published = publish("sklearn.ensemble.RandomForestClassifier", probes=others)

    answer = served_by(published.request)

    assert answer.startswith("sklearn ")
    assert "probes other numbers; numbers differ by up to 1" in answer


def test_server_tells_its_engine(publish: Any, start: Any) -> None:
    published = publish("sklearn.ensemble.RandomForestClassifier", probes=probes)
    server = start(published.request)

    ready = server.wait_for("ready")
    _, metadata = server.ask("GET", "/v2/models/flights")
    status, answer = server.ask(
        "POST", "/v2/models/flights/infer", {"inputs": inputs_of(published.table)}
    )

    assert (ready["engine"], ready["refused_engines"]) == ("native", {})
    assert (metadata["platform"], metadata["properties"]["refused_engines"]) == ("native", {})
    assert (status, answer["outputs"]) == (200, published.expected_outputs(published.table))
