"""The fastest engine that is alike serves, and it is told why faster ones do not."""

import sys
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from tests.unit.server.fits import fitted, training_frame

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_server.engines.choosing import Refused, chosen_engine
from tidewheel_server.engines.engine import Columns, Engine, Outputs
from tidewheel_server.engines.parity import Probes, probes_of
from tidewheel_server.engines.sklearn_engine import sklearn_engine
from tidewheel_server.engines.tier import EXACT, Candidate, ModelFiles, Tier, Unable


class Renamed:
    """Answers as another engine does, in a name of its own."""

    def __init__(self, engine: Engine, platform: str) -> None:
        self._engine = engine
        self.platform = platform

    def predict(self, columns: Columns) -> Outputs:
        return self._engine.predict(columns)


class Wrong(Renamed):
    """Mixes up the probabilities."""

    def predict(self, columns: Columns) -> Outputs:
        outputs = super().predict(columns)
        return {**outputs, "probability": outputs["probability"][:, ::-1]}


@pytest.fixture(scope="module")
def forest_bytes() -> bytes:
    data: bytes = skops.io.dumps(fitted(RandomForestClassifier(5, random_state=0)))
    return data


@pytest.fixture
def files(manifest: ModelManifest, forest_bytes: bytes) -> ModelFiles:
    return ModelFiles(manifest.model_copy(update={"classes": ("late", "on time")}), forest_bytes)


@pytest.fixture
def probes(files: ModelFiles) -> Probes:
    frame = training_frame()
    columns = {name: frame[name].to_numpy() for name in frame}
    outputs = sklearn_engine(files).predict(columns)
    rows: Any = [
        [None if value is None or value != value else value for value in columns[name]]
        for name in columns
    ]
    parity = Parity(
        columns=rows,
        predicted=outputs["predict"].tolist(),
        probabilities=outputs["probability"].tolist(),
    )
    return probes_of(parity, files.manifest)


def unable(files: ModelFiles) -> Unable:
    return Unable("no such engine for RandomForestClassifier")


def wrong(files: ModelFiles) -> Candidate:
    return Candidate(Wrong(sklearn_engine(files), "wrong"), EXACT)


def broken(files: ModelFiles) -> Candidate:
    raise RuntimeError("no such node")


def alike(files: ModelFiles) -> Candidate:
    return Candidate(Renamed(sklearn_engine(files), "alike"), EXACT)


def test_first_engine_that_is_alike_serves(files: ModelFiles, probes: Probes) -> None:
    tiers = [Tier("unable", unable), Tier("wrong", wrong), Tier("alike", alike)]

    choice = chosen_engine(files, probes, [*tiers, Tier("broken", broken)])

    farthest = np.max(np.abs(probes.numbers[:, 0] - probes.numbers[:, 1]))
    other = np.count_nonzero(probes.numbers[:, 0] != probes.numbers[:, 1])
    assert (choice.engine.platform, choice.tolerance, choice.refused) == (
        "alike",
        EXACT,
        (
            Refused("unable", "no such engine for RandomForestClassifier"),
            Refused(
                "wrong",
                f"gives {other} of 60 probes other numbers; numbers differ by up to {farthest:.2g}",
            ),
        ),
    )


def test_scikit_learn_serves_where_nothing_faster_is_alike(
    files: ModelFiles, probes: Probes, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = chosen_engine(files, probes, [Tier("broken", broken)])

    assert (choice.engine.platform, choice.refused) == (
        "sklearn",
        (Refused("broken", "stopped with RuntimeError: no such node"),),
    )
    assert "engine broken failed" in capsys.readouterr().out


def test_without_probes_nothing_faster_is_tried(files: ModelFiles) -> None:
    choice = chosen_engine(files, None, [Tier("broken", broken)])

    reason = "an earlier release published the model, without probes to compare engines by"
    assert (choice.engine.platform, choice.refused) == ("sklearn", (Refused("broken", reason),))


def test_only_the_wanted_kind_is_tried(files: ModelFiles, probes: Probes) -> None:
    tiers = [Tier("broken", broken), Tier("alike", alike)]

    choice = chosen_engine(files, probes, tiers, "alike")

    reason = "the server was started with --engine alike"
    assert (choice.engine.platform, choice.refused) == ("alike", (Refused("broken", reason),))


def test_long_reasons_are_cut(files: ModelFiles, probes: Probes) -> None:
    choice = chosen_engine(files, probes, [Tier("unable", lambda _: Unable("x" * 1000))])

    assert choice.refused == (Refused("unable", "x" * 200),)


def test_modules_of_engines_load_no_model_library() -> None:
    """Import what chooses in a process of its own: this one has scikit-learn already."""
    import subprocess

    code = (
        "import sys, tidewheel_server.server, tidewheel_server.loading.artifact_files, "
        "tidewheel_server.loading.artifact_loader; "
        "print([name for name in ('sklearn', 'pandas', 'skops', 'scipy') if name in sys.modules])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert answer.stdout == "[]\n"
