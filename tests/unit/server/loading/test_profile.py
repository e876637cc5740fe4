"""The training profile beside a model: read where it is ours, and never a reason not to serve."""

import hashlib
import json

import pytest

from tidewheel_contracts.artifact.model import ArtifactFile, ModelManifest, model_digest
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.artifact.snapshot import manifest_bytes, manifest_digest
from tidewheel_contracts.job import FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.errors import LoadError
from tidewheel_server.loading.artifact_files import fetch_artifact
from tidewheel_server.model_state import ProfileFile

FOLDER = "ns/models/flights/run"


class Objects(dict[str, bytes]):
    """A bucket as a dict."""

    def get(self, key: str, _limit_bytes: int) -> bytes:  # type: ignore[override]
        return self[key]


def file_of(name: str, data: bytes) -> ArtifactFile:
    return ArtifactFile(name=name, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def fetched(
    manifest: ModelManifest, profile: bytes | None, stored: bytes | None = None
) -> ProfileFile | None:
    """Return the profile of an artifact whose manifest names these bytes, and others may lie."""
    model = b"a model"
    files = [file_of("model.skops", model)]
    if profile is not None:
        files.append(file_of("profile.json", profile))
    digest = model_digest(tuple(files))
    data = manifest_bytes(manifest.model_copy(update={"files": tuple(files), "digest": digest}))
    request = ServeRequest.model_validate(
        {
            "store": {
                "spec": {"endpoint": "http://s3:8333", "bucket": "bucket", "secretName": "s3"},
                "namespace": "ns",
            },
            "modelName": "flights",
            "versionName": "flights-v2",
            "versionNumber": 2,
            "manifestKey": f"{FOLDER}/manifest.json",
            "manifestDigest": manifest_digest(data),
            "artifactDigest": digest,
        }
    )
    objects = Objects({f"{FOLDER}/manifest.json": data, f"{FOLDER}/model.skops": model})
    if profile is not None:
        objects[f"{FOLDER}/profile.json"] = profile if stored is None else stored
    return fetch_artifact(request, objects).profile


def test_profile_comes_with_the_digest_of_its_file(
    manifest: ModelManifest, profile: Profile
) -> None:
    data = manifest_bytes(profile)

    assert fetched(manifest, data) == ProfileFile(
        profile, f"sha256:{hashlib.sha256(data).hexdigest()}"
    )


def test_changed_profile_is_refused_as_every_file_is(
    manifest: ModelManifest, profile: Profile
) -> None:
    data = manifest_bytes(profile)
    changed = data.replace(b"1000", b"9000")

    with pytest.raises(LoadError) as raised:
        fetched(manifest, data, changed)

    assert raised.value.failure.reason is FailureReason.ARTIFACT_DAMAGED
    assert str(raised.value) == (
        f"'{FOLDER}/profile.json' has the SHA-256 {hashlib.sha256(changed).hexdigest()}, but "
        f"{hashlib.sha256(data).hexdigest()} is expected"
    )


def test_artifact_of_an_earlier_release_is_served_without_a_profile(
    manifest: ModelManifest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetched(manifest, None) is None
    assert logged_reason(capsys) == "the artifact has none; train the model anew to have one"


def test_profile_of_another_form_is_told_and_not_used(
    manifest: ModelManifest, profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {**json.loads(manifest_bytes(profile)), "sketches": []}

    assert fetched(manifest, json.dumps(document).encode()) is None
    assert logged_reason(capsys) == (
        "it is not of this version: sketches: Extra inputs are not permitted"
    )


def test_profile_of_another_model_is_told_and_not_used(
    manifest: ModelManifest, profile: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    other = profile.model_copy(update={"features": profile.features[:2]})

    assert fetched(manifest, manifest_bytes(other)) is None
    assert logged_reason(capsys) == "its features are not the inputs of the model"


def logged_reason(capsys: pytest.CaptureFixture[str]) -> str:
    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["event"] == "no profile"
    reason: str = line["reason"]
    return reason
