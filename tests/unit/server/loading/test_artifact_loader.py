"""A model is served only if every byte is the one that was registered, and it predicts."""

import hashlib
import io
import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pytest
import skops.io
from lightgbm import LGBMRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tests.unit.server.fits import fitted, training_frame

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ArtifactFile, ModelManifest, model_digest
from tidewheel_contracts.artifact.snapshot import manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.errors import LoadError
from tidewheel_server.loading.artifact_files import fetch_artifact
from tidewheel_server.loading.artifact_loader import load_model
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.inference import infer, sample_body

FOLDER = "tidewheel/ns/models/flights/uid"
MANIFEST_KEY = f"{FOLDER}/manifest.json"
MODEL_KEY = f"{FOLDER}/model.skops"
DELAYS = np.linspace(0, 90, 60)


@dataclass
class MemoryStore:
    """A bucket as a dict, with the limit of the real one."""

    objects: dict[str, bytes]

    def get(self, key: str, limit_bytes: int) -> bytes:
        data = self.objects.get(key)
        if data is None:
            raise LoadError(FailureReason.ARTIFACT_DAMAGED, f"'{key}' is not there")
        if len(data) > limit_bytes:
            raise LoadError(FailureReason.ARTIFACT_DAMAGED, f"'{key}' is over {limit_bytes} bytes")
        return data


@dataclass
class Artifact:
    """What lies in the store, and the request to serve it."""

    store: MemoryStore
    request: ServeRequest
    identity: Identity

    def load(self) -> Any:
        return load_model(fetch_artifact(self.request, self.store), self.identity)

    def refusal(self) -> tuple[FailureReason, str]:
        with pytest.raises(LoadError) as raised:
            self.load()
        return raised.value.failure.reason, raised.value.failure.message


@pytest.fixture(scope="module")
def forest() -> Pipeline:
    return fitted(RandomForestClassifier(5, random_state=0, n_jobs=2))


@pytest.fixture(scope="module")
def forest_bytes(forest: Pipeline) -> bytes:
    data: bytes = skops.io.dumps(forest)
    return data


Publish = Callable[..., Artifact]


@pytest.fixture
def publish(manifest: ModelManifest, identity: Identity) -> Publish:
    """Return a function that puts a model file and its manifest into a store."""

    def make(data: bytes, **changed: Any) -> Artifact:
        files = (
            ArtifactFile(
                name="model.skops",
                sha256=hashlib.sha256(data).hexdigest(),
                size_bytes=len(data),
            ),
        )
        valid = {"files": files, "digest": model_digest(files), "classes": ("late", "on time")}
        published = manifest.model_copy(update=valid | changed)
        document = published.model_dump_json(by_alias=True).encode()
        request = ServeRequest.model_validate(
            {
                "store": {
                    "spec": {
                        "endpoint": "http://s3:8333",
                        "bucket": "bucket",
                        "secretName": "secret",
                    },
                    "namespace": "ns",
                },
                "modelName": "flights",
                "versionName": "flights-v2",
                "versionNumber": 2,
                "manifestKey": MANIFEST_KEY,
                "manifestDigest": manifest_digest(document),
                "artifactDigest": published.digest,
            }
        )
        return Artifact(MemoryStore({MANIFEST_KEY: document, MODEL_KEY: data}), request, identity)

    return make


def test_loaded_model_answers_as_scikit_learn_does(
    publish: Publish, forest: Pipeline, forest_bytes: bytes
) -> None:
    model = publish(forest_bytes).load()
    frame = training_frame()

    columns = {name: frame[name].to_numpy() for name in frame}
    outputs = model.engine.predict(columns)

    np.testing.assert_array_equal(outputs["probability"], forest.predict_proba(frame))
    np.testing.assert_array_equal(outputs["predict"], forest.predict(frame))
    answer = orjson.loads(infer(model, sample_body(model.manifest)).response.body)
    assert answer["outputs"][1]["shape"] == [2, 2]


THIRDS = np.array(["early", "late", "on time"])
FARES = np.linspace(5.5, 99.5, 60)
NUMBER = {"task": Task.REGRESSION, "classes": (), "classes_datatype": "FP64"}


def test_model_of_three_classes_answers_as_scikit_learn_does(publish: Publish) -> None:
    pipeline = fitted(RandomForestClassifier(5, random_state=0), THIRDS[np.arange(60) % 3])
    model = publish(skops.io.dumps(pipeline), classes=tuple(THIRDS.tolist())).load()
    frame = training_frame()

    outputs = model.engine.predict({name: frame[name].to_numpy() for name in frame})

    np.testing.assert_array_equal(outputs["probability"], pipeline.predict_proba(frame))
    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(frame))
    answer = orjson.loads(infer(model, sample_body(model.manifest)).response.body)
    assert [output["shape"] for output in answer["outputs"]] == [[2], [2, 3]]


def test_model_of_a_number_answers_as_scikit_learn_does(publish: Publish) -> None:
    pipeline = fitted(RandomForestRegressor(5, random_state=0), FARES)
    model = publish(skops.io.dumps(pipeline), **NUMBER).load()
    frame = training_frame()

    outputs = model.engine.predict({name: frame[name].to_numpy() for name in frame})

    assert list(outputs) == ["predict"]
    np.testing.assert_array_equal(outputs["predict"], pipeline.predict(frame))
    answer = orjson.loads(infer(model, sample_body(model.manifest)).response.body)
    [output] = answer["outputs"]
    assert (output["datatype"], output["shape"], len(output["data"])) == ("FP64", [2], 2)


def _endless_number(publish: Publish) -> ServedModel:
    model: ServedModel = publish(skops.io.dumps(fitted(DummyRegressor(), FARES)), **NUMBER).load()
    model.engine._pipeline[-1].constant_[:] = np.inf  # type: ignore[attr-defined]
    return model


def _endless_probability(publish: Publish) -> ServedModel:
    model: ServedModel = publish(skops.io.dumps(fitted(DummyClassifier()))).load()
    model.engine._pipeline[-1].class_prior_[:] = np.nan  # type: ignore[attr-defined]
    return model


@pytest.mark.parametrize("broken", [_endless_number, _endless_probability])
def test_number_that_is_not_finite_is_no_answer(
    publish: Publish, broken: Callable[[Publish], ServedModel]
) -> None:
    model = broken(publish)

    inference = infer(model, sample_body(model.manifest))

    assert (inference.response.status, orjson.loads(inference.response.body)) == (
        400,
        {"error": "The model refuses these values: they give no finite number"},
    )


@pytest.mark.parametrize(
    ("estimator", "labels", "changes", "message"),
    [
        (RandomForestRegressor(2), FARES, {}, "The model file holds no classifier"),
        (
            RandomForestClassifier(2),
            None,
            NUMBER,
            "The model file holds a classifier, not a regressor",
        ),
    ],
)
def test_model_of_another_task_than_its_manifest_is_refused(
    publish: Publish, estimator: Any, labels: Any, changes: dict[str, Any], message: str
) -> None:
    artifact = publish(skops.io.dumps(fitted(estimator, labels)), **changes)

    assert artifact.refusal() == (FailureReason.ARTIFACT_DAMAGED, message)


def test_preprocessing_alone_is_no_model(publish: Publish) -> None:
    assert publish(skops.io.dumps(StandardScaler())).refusal() == (
        FailureReason.ARTIFACT_DAMAGED,
        "The model file holds no model",
    )


def test_estimators_have_no_threads_of_their_own(publish: Publish, forest_bytes: bytes) -> None:
    model = publish(forest_bytes).load()

    assert model.engine._pipeline.get_params()["estimator__n_jobs"] == 1


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_damaged_byte_is_found(publish: Publish, forest_bytes: bytes, place: str) -> None:
    artifact = publish(forest_bytes)
    index = {"first": 0, "middle": len(forest_bytes) // 2, "last": -1}[place]
    damaged = bytearray(forest_bytes)
    damaged[index] ^= 1
    artifact.store.objects[MODEL_KEY] = bytes(damaged)

    assert artifact.refusal() == (
        FailureReason.ARTIFACT_DAMAGED,
        f"'{MODEL_KEY}' has the SHA-256 {hashlib.sha256(damaged).hexdigest()}, but "
        f"{hashlib.sha256(forest_bytes).hexdigest()} is expected",
    )


def test_cut_file_is_found(publish: Publish, forest_bytes: bytes) -> None:
    artifact = publish(forest_bytes)
    artifact.store.objects[MODEL_KEY] = forest_bytes[:-1]

    assert artifact.refusal() == (
        FailureReason.ARTIFACT_DAMAGED,
        f"'{MODEL_KEY}' has {len(forest_bytes) - 1} bytes, but {len(forest_bytes)} are expected",
    )


def test_longer_file_is_not_read(publish: Publish, forest_bytes: bytes) -> None:
    artifact = publish(forest_bytes)
    artifact.store.objects[MODEL_KEY] = forest_bytes + b"x"

    assert artifact.refusal()[1] == f"'{MODEL_KEY}' is over {len(forest_bytes)} bytes"


def test_other_manifest_is_found(publish: Publish, forest_bytes: bytes) -> None:
    artifact = publish(forest_bytes)
    artifact.store.objects[MANIFEST_KEY] += b" "
    found = manifest_digest(artifact.store.objects[MANIFEST_KEY])

    assert artifact.refusal() == (
        FailureReason.ARTIFACT_DAMAGED,
        f"The manifest has the digest {found}, not {artifact.request.manifest_digest}",
    )


def test_manifest_of_another_artifact_is_found(publish: Publish, forest_bytes: bytes) -> None:
    artifact = publish(forest_bytes)
    other = "sha256:" + "b" * 64
    artifact.request = artifact.request.model_copy(update={"artifact_digest": other})

    reason, message = artifact.refusal()

    assert reason is FailureReason.ARTIFACT_DAMAGED
    assert message.endswith(f", not {other}")


def test_manifest_whose_digest_is_not_of_its_files_is_found(
    publish: Publish, forest_bytes: bytes
) -> None:
    artifact = publish(forest_bytes, digest="sha256:" + "b" * 64)

    assert artifact.refusal()[1] == (
        "The manifest's digest is not that of the model files it lists"
    )


def test_manifest_of_another_format_is_found(publish: Publish, forest_bytes: bytes) -> None:
    artifact = publish(forest_bytes)
    document = json.loads(artifact.store.objects[MANIFEST_KEY]) | {"loader": "os.system"}
    data = json.dumps(document).encode()
    artifact.store.objects[MANIFEST_KEY] = data
    artifact.request = artifact.request.model_copy(
        update={"manifest_digest": manifest_digest(data)}
    )

    assert artifact.refusal()[1] == (
        "The manifest is not of this version: loader: Extra inputs are not permitted"
    )


def test_artifact_without_a_model_file_is_refused(publish: Publish) -> None:
    artifact = publish(b"", files=(), digest=model_digest(()))

    assert artifact.refusal()[1] == "The artifact has no model.skops"


def test_type_that_is_not_listed_is_refused(publish: Publish) -> None:
    data = skops.io.dumps(SVC().fit([[0.0], [1.0]], [0, 1]))

    reason, message = publish(data).refusal()

    assert reason is FailureReason.ARTIFACT_DAMAGED
    assert message.startswith("The model file holds types that are not on the allow-list: ")
    assert "sklearn.svm._classes.SVC" in message


class Exploit:
    """Would end the tests if anything unpickled it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exit, (1,)


def zip_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            pickle.dumps(Exploit()),
            "The model file is no skops file: File is not a zip file",
            id="pickle under our name",
        ),
        pytest.param(
            zip_of(other__json=b"{}"),
            "The model file is no skops file: \"There is no item named 'schema.json' in the "
            'archive"',
            id="zip without a schema",
        ),
        pytest.param(
            zip_of(schema__json=b"[]"),
            "The model file has a schema that is no object",
            id="schema that is no object",
        ),
        pytest.param(
            zip_of(schema__json=b" " * (64 * 1024 * 1024 + 1)),
            "The model file has a too large schema",
            id="schema that unpacks to too much",
        ),
        pytest.param(
            zip_of(schema__json=b'{"__loader__": "MethodNode"}'),
            "The model file holds types that are not on the allow-list: loader MethodNode",
            id="loader that is not listed",
        ),
    ],
)
def test_file_that_is_no_model_is_refused(publish: Publish, data: bytes, message: str) -> None:
    assert publish(data).refusal() == (FailureReason.ARTIFACT_DAMAGED, message)


def test_model_of_a_library_that_the_image_lacks_is_refused_with_what_to_do(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = publish(skops.io.dumps(fitted(LGBMRegressor(n_estimators=3, verbosity=-1), DELAYS)))
    for module in [each for each in sys.modules if each.partition(".")[0] == "lightgbm"]:
        monkeypatch.setitem(sys.modules, module, None)

    assert artifact.refusal() == (
        FailureReason.ESTIMATOR_UNKNOWN,
        "The model file needs lightgbm, and this image was built without the extra `boosters`; "
        "build it with `--build-arg BOOSTERS=yes`, or let another version serve",
    )


def test_model_that_cannot_predict_its_sample_is_refused(
    publish: Publish, forest_bytes: bytes
) -> None:
    artifact = publish(forest_bytes, sample=((1.5,), (2.5,), (True,), ("UA",)))

    assert artifact.refusal() == (
        FailureReason.ARTIFACT_DAMAGED,
        "The model cannot predict its own sample rows: Input 'seats': INT64 takes whole numbers "
        "of 64 bits or null",
    )
