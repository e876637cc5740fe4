"""A server process, and models that the trainer's code wrote into a real store."""

import hashlib
import http.client
import itertools
import json
import os
import posixpath
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import (
    MANIFEST_FILE,
    MODEL_FILE,
    PARITY_FILE,
    ArtifactFile,
    ModelInput,
    ModelManifest,
    Recipe,
    model_digest,
)
from tidewheel_contracts.artifact.parity import Parity
from tidewheel_contracts.artifact.snapshot import manifest_bytes, manifest_digest
from tidewheel_contracts.job import (
    Failure,
    Store,
    parse_termination_message,
)
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.loading.artifact_files import fetch_artifact
from tidewheel_server.loading.artifact_loader import load_model
from tidewheel_server.loading.store import S3Store
from tidewheel_server.model_state import ServedModel
from tidewheel_server.server import identity_of
from tidewheel_trainer.train.frame import features_frame
from tidewheel_trainer.train.model_file import model_bytes
from tidewheel_trainer.train.pipelines import fitted

ROWS = 400
OUTPUTS = {
    "late": (("false", "true"), "BOOL", Task.CLASSIFICATION),
    "word": (("early", "late", "on time"), "BYTES", Task.CLASSIFICATION),
    "minutes": ((), "FP64", Task.REGRESSION),
}
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
INPUTS = (
    ModelInput(name="delay", datatype="FP64", kind="Numeric"),
    ModelInput(name="seats", datatype="INT64", kind="Numeric"),
    ModelInput(name="night", datatype="BOOL", kind="Numeric"),
    ModelInput(name="carrier", datatype="BYTES", kind="Categorical"),
)


@dataclass
class Server:
    """A running server process; its log is read line by line."""

    process: subprocess.Popen[str]
    termination_path: Path
    port: int = 0

    def wait_for(self, event: str) -> dict[str, Any]:
        """Return the next log line of this event."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line: dict[str, Any] = json.loads(text)
            if line["event"] == event:
                return line
        raise AssertionError(f"the server ended with {self.process.wait()} before {event!r}")

    def failure(self) -> tuple[int, Failure]:
        """Return the exit code and the termination message."""
        code = self.process.wait(timeout=60)
        message = parse_termination_message(self.termination_path.read_text())
        assert isinstance(message, Failure)
        return code, message

    def ask(self, method: str, path: str, document: object = None) -> tuple[int, Any]:
        """Return status and document of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if document is None else json.dumps(document))
        answer = connection.getresponse()
        status, body = answer.status, json.loads(answer.read())
        connection.close()
        return status, body


@dataclass(frozen=True)
class Published:
    """A model in the store, as its trainer knows it."""

    pipeline: Pipeline
    table: pa.Table
    request: ServeRequest
    model_key: str
    classes: tuple[str, ...]
    datatype: str

    def expected_outputs(self, table: pa.Table) -> list[dict[str, Any]]:
        """Return the outputs that scikit-learn gives for the rows."""
        frame = features_frame(table)
        predict = {
            "name": "predict",
            "shape": [len(table)],
            "datatype": self.datatype,
            "data": self.pipeline.predict(frame).tolist(),
        }
        if not self.classes:
            return [predict]
        probability = {
            "name": "probability",
            "shape": [len(table), len(self.classes)],
            "datatype": "FP64",
            "data": self.pipeline.predict_proba(frame).ravel().tolist(),
        }
        return [predict, probability]


Start = Callable[..., Server]


def make_table() -> pa.Table:
    """Return rows of every datatype, each column with missing values."""
    rows = np.random.default_rng(7)

    def holes(values: Any, every: int) -> list[Any]:
        return [None if i % every == 0 else value for i, value in enumerate(values.tolist())]

    return pa.table(
        {
            "delay": pa.array(holes(rows.normal(10, 30, ROWS), 11), pa.float64()),
            "seats": pa.array(holes(rows.integers(50, 400, ROWS), 13), pa.int64()),
            "night": pa.array(holes(rows.integers(0, 2, ROWS) == 1, 17), pa.bool_()),
            "carrier": pa.array(holes(rows.choice(["UA", "AA", "DL"], ROWS), 19), pa.string()),
        }
    )


def inputs_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows as a client sends them: null for a missing value."""
    return [
        {
            "name": column.name,
            "datatype": column.datatype,
            "shape": [len(table)],
            "data": table[column.name].to_pylist(),
        }
        for column in INPUTS
    ]


def labels_of(delays: np.ndarray, target: str) -> np.ndarray:
    """Return what is predicted from the delays: two or three classes, or a number."""
    words = np.array(["early", "late", "on time"])
    return {
        "late": delays > 10,
        "word": words[np.digitize(delays, [-5, 25])],
        "minutes": delays,
    }[target]


def train(estimator: str, target: str) -> tuple[Pipeline, pa.Table, Recipe]:
    table = make_table()
    recipe = Recipe(
        candidate="only",
        estimator=estimator,
        parameters={},
        numeric=("delay", "seats", "night"),
        categorical=("carrier",),
        target=target,
        time="scheduled",
        seed=3,
    )
    labels = labels_of(features_frame(table)["delay"].fillna(0).to_numpy(), target)
    return fitted(recipe, features_frame(table), labels), table, recipe


@pytest.fixture(scope="session")
def request_of() -> Callable[[pa.Table], dict[str, Any]]:
    """Return a function that makes the inference request for rows."""
    return lambda table: {"inputs": inputs_of(table)}


@pytest.fixture(scope="session")
def put(s3_endpoint: str) -> Iterator[Callable[[str, bytes], None]]:
    """Return a function that writes an object, whatever was there."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    with closing(client):
        yield lambda key, data: client.put_object(Bucket="bucket", Key=key, Body=data)


@pytest.fixture(scope="session")
def publish(s3_endpoint: str, put: Callable[[str, bytes], None]) -> Callable[..., Published]:
    """Return a function that trains a model and puts it where a run puts it."""
    spec = ArtifactStoreSpec(endpoint=s3_endpoint, bucket="bucket", secret_name="s3")
    numbers = itertools.count()

    def make(
        estimator: str,
        *,
        target: str = "late",
        data: bytes | None = None,
        probes: Callable[[Pipeline, pa.Table, Recipe], Parity] | None = None,
    ) -> Published:
        uid = f"uid-{next(numbers)}"
        pipeline, table, recipe = train(estimator, target)
        classes, datatype, task = OUTPUTS[target]
        data = data or model_bytes(pipeline)
        file = ArtifactFile(
            name=MODEL_FILE, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)
        )
        folder = f"tidewheel/ns/models/flights/{uid}"
        beside = []
        if probes is not None:
            asked = manifest_bytes(probes(pipeline, table, recipe))
            put(posixpath.join(folder, PARITY_FILE), asked)
            digest = hashlib.sha256(asked).hexdigest()
            beside.append(ArtifactFile(name=PARITY_FILE, sha256=digest, size_bytes=len(asked)))
        manifest = manifest_bytes(
            ModelManifest(
                model_name="flights",
                files=(file, *beside),
                digest=model_digest((file,)),
                inputs=INPUTS,
                classes=classes,
                classes_datatype=datatype,
                task=task,
                sample=tuple(tuple(each["data"][:3]) for each in inputs_of(table)),
                recipe=recipe,
                snapshot_digest="sha256:" + "0" * 64,
                snapshot_manifest_key="snapshots/0.json",
                training_rows=ROWS,
                library_versions={},
            )
        )
        model_key = posixpath.join(folder, MODEL_FILE)
        put(model_key, data)
        put(posixpath.join(folder, MANIFEST_FILE), manifest)
        request = ServeRequest(
            store=Store(spec=spec, namespace="ns"),
            model_name="flights",
            version_name="flights-v2",
            version_number=2,
            manifest_key=posixpath.join(folder, MANIFEST_FILE),
            manifest_digest=manifest_digest(manifest),
            artifact_digest=model_digest((file,)),
        )
        return Published(pipeline, table, request, model_key, classes, datatype)

    return make


@pytest.fixture(scope="session")
def load() -> Callable[[ServeRequest], ServedModel]:
    """Return a function that loads a model from the store into the test's own process."""

    def run(request: ServeRequest) -> ServedModel:
        artifact = fetch_artifact(request, S3Store(request.store.spec, KEYS))
        return load_model(artifact, identity_of(request))

    return run


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return a function that starts a server and waits until it listens."""
    servers = []

    def run(request: ServeRequest, *flags: str, keys: Mapping[str, str] = KEYS) -> Server:
        folder = tmp_path_factory.mktemp("server")
        (folder / "request.json").write_text(request.to_json())
        termination_path = folder / "termination-log"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tidewheel_server", "--host", "127.0.0.1", "--port", "0"),
                *("--request", str(folder / "request.json")),
                *("--termination-log", str(termination_path), "--grpc-port", "off", *flags),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **keys},
        )
        server = Server(process, termination_path)
        servers.append(server)
        server.port = server.wait_for("listening")["port"]
        return server

    yield run
    for server in servers:
        server.process.kill()
        server.process.wait()
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.fixture(scope="session")
def boosting(publish: Callable[..., Published]) -> Published:
    return publish("sklearn.ensemble.HistGradientBoostingClassifier")


@pytest.fixture(scope="session")
def server(start: Start, boosting: Published) -> Server:
    """Return a server that is ready and takes bodies of at most 1 MiB."""
    server = start(boosting.request, "--body-limit-bytes", str(1024 * 1024))
    server.wait_for("ready")
    return server
