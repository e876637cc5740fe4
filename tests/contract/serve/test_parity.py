"""What the trainer writes of its probes is what a server compares engines by."""

from typing import Any

import pytest
from tests.contract.serve.published_runs import (
    CLASSIFIER,
    REGRESSOR,
    published,
    serve_request,
)

from tidewheel_server.engines.parity import difference
from tidewheel_server.engines.sklearn_engine import sklearn_engine
from tidewheel_server.engines.tier import EXACT
from tidewheel_server.loading.artifact_files import VerifiedArtifact, fetch_artifact
from tidewheel_server.loading.store import S3Store

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def fetched(store: dict[str, Any], artifact: Any) -> VerifiedArtifact:
    request = serve_request(store, artifact)
    return fetch_artifact(request, S3Store(request.store.spec, KEYS))


@pytest.mark.parametrize(
    ("target", "training"),
    [
        pytest.param("late", CLASSIFIER, id="two classes"),
        pytest.param("grade", CLASSIFIER, id="three classes"),
        pytest.param("minutes", REGRESSOR, id="a number"),
    ],
)
def test_scikit_learn_in_the_server_is_alike_to_the_bit(
    run_trainer: Any,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    target: str,
    training: dict[str, Any],
) -> None:
    artifact = fetched(*published(run_trainer, s3, s3_endpoint, folder, target, training))

    assert artifact.probes is not None
    assert difference(sklearn_engine(artifact.files), artifact.probes, EXACT) is None
    assert len(artifact.probes.numbers) > 1000
    assert len(artifact.probes.refused["booked"]) > 0
