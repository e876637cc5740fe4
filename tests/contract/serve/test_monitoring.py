"""What real servers have counted, against the profile that the trainer wrote for the same rows."""

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.contract.serve.published_runs import (
    CLASSIFIER,
    REGRESSOR,
    published,
    serve_request,
)

from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.serving_counts import Counts, FeatureCounts, ServingCounts, added

COUNTS = "/tidewheel/v1/models/flights/counts"
PROFILE = "/tidewheel/v1/models/flights/profile"
INFER = "/v2/models/flights/infer"


def expected_features(profile: Profile) -> tuple[FeatureCounts, ...]:
    """Return the counts of the rows that the profile was made of: its shares, times the rows."""

    def rows(share: float) -> int:
        return round(share * profile.rows)

    return tuple(
        FeatureCounts(
            name=feature.name,
            missing=rows(feature.missing_share),
            bins=tuple(map(rows, feature.shares or [each.share for each in feature.categories])),
            other=rows(feature.other_share),
        )
        for feature in profile.features
    )


def asked(server: Any, inputs: list[dict[str, Any]], raw: Any, first: int, count: int) -> None:
    """Ask for some of the training rows, as a client that knows the model's inputs."""
    part = raw.slice(first, count)
    tensors = []
    for each in inputs:
        values = part[each["name"]].to_pylist()
        if each["datatype"] == "BYTES":
            values = [
                value.isoformat() if hasattr(value, "isoformat") else value for value in values
            ]
        else:
            values = [None if value != value else value for value in values]
        tensors.append(
            {
                "name": each["name"],
                "datatype": each["datatype"],
                "shape": [len(values)],
                "data": values,
            }
        )
    status, answer = server.ask("POST", INFER, {"inputs": tensors})
    assert status == 200, answer


def read_counts(server: Any) -> Counts:
    status, document = server.ask("GET", COUNTS)
    assert status == 200
    return ServingCounts.model_validate(document).counts


@pytest.mark.parametrize(
    ("target", "training"),
    [
        pytest.param("late", CLASSIFIER, id="two classes"),
        pytest.param("grade", CLASSIFIER, id="three classes"),
        pytest.param("minutes", REGRESSOR, id="a number"),
    ],
)
def test_replicas_together_count_the_training_rows_as_the_trainer_did(
    run_trainer: Any,
    s3: Any,
    s3_endpoint: str,
    folder: str,
    start: Any,
    target: str,
    training: dict[str, Any],
) -> None:
    training = {**training, "features": {"dates": ["booked"], "numeric": ["delay", "seats"]}}
    store, artifact = published(run_trainer, s3, s3_endpoint, folder, target, training)
    raw = pq.read_table(
        io.BytesIO(
            s3.get_object(Bucket="bucket", Key=f"{folder}/raw/flights.parquet")["Body"].read()
        )
    )
    servers = [start(serve_request(store, artifact)) for _ in range(2)]
    for server in servers:
        server.wait_for("ready")
    inputs = servers[0].ask("GET", "/v2/models/flights")[1]["inputs"]

    for place in range(40):
        asked(servers[place % 2], inputs, raw, place, 1)
    asked(servers[0], inputs, raw, 40, 100)
    asked(servers[1], inputs, raw, 140, len(raw) - 140)

    status, document = servers[0].ask("GET", PROFILE)
    profile = Profile.model_validate(document)
    key = artifact.manifest_key.replace("manifest.json", "profile.json")
    stored = s3.get_object(Bucket="bucket", Key=key)["Body"].read()
    assert (status, document) == (200, json.loads(stored))
    one, other = map(read_counts, servers)
    total = added(one, other)
    assert profile.rows == len(raw)
    assert {feature.kind for feature in profile.features} == {"Numeric", "Categorical", "Date"}
    assert total.features == expected_features(profile)
    assert (total.rows, total.counted_rows, total.dropped_rows) == (len(raw), len(raw), 0)
    assert total.prediction is not None
    prediction = total.prediction
    assert prediction.below + sum(prediction.bins) + prediction.above == len(raw)
    assert len(prediction.bins) == len(profile.prediction.shares or profile.prediction.classes)


def test_artifact_without_a_profile_is_served_and_says_so(
    server: Any, boosting: Any, request_of: Any
) -> None:
    assert server.ask("POST", INFER, request_of(boosting.table.slice(0, 1)))[0] == 200

    counts = read_counts(server)
    assert (counts.profile_digest, counts.features, counts.prediction) == (None, (), None)
    assert server.ask("GET", PROFILE)[0] == 404
