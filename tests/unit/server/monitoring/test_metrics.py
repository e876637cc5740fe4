"""What a server has counted, as it tells it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from tests.unit.server.asking import answered, request, samples

from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.serving_counts import FeatureCounts, PredictionCounts, ServingCounts
from tidewheel_server.application import Application, RequestLimits
from tidewheel_server.model_state import Identity, ProfileFile, Ready, ServedModel

Tensors = Callable[..., list[dict[str, Any]]]
LIMITS = RequestLimits(body_bytes=1024 * 1024, rows=1000, in_flight=2)


@pytest.fixture
def application(identity: Identity) -> Application:
    return Application(identity, LIMITS, server_version="abc1234")


def test_rows_are_counted_into_the_bins_of_the_training_profile(
    application: Application, model: ServedModel, profile: Profile, tensors: Tensors
) -> None:
    application.state = Ready(replace(model, profile=ProfileFile(profile, "sha256:" + "b" * 64)))
    seats = {"shape": [2], "data": [None, 150]}
    carrier = {"shape": [2], "data": ["UA", 'a "new" one']}

    application.handle(request(orjson.dumps({"inputs": tensors(seats=seats, carrier=carrier)})))
    application.handle(request(b"{"))

    status, document = answered(
        application, request(method="GET", path="/tidewheel/v1/models/flights/counts")
    )
    counts = ServingCounts.model_validate(document).counts
    assert (status, counts.rows, counts.counted_rows, counts.dropped_rows) == (200, 2, 2, 0)
    assert counts.profile_digest == "sha256:" + "b" * 64
    assert counts.features == (
        FeatureCounts(name="delay", bins=(1, 1)),
        FeatureCounts(name="seats", missing=1, bins=(0, 0), other=1),
        FeatureCounts(name="night", bins=(1, 1)),
        FeatureCounts(name="carrier", bins=(1,), other=1),
    )
    assert counts.prediction == PredictionCounts(bins=(1, 1), value_sum=1.0)
    scraped = samples(application)
    assert {key: value for key, value in scraped.items() if key[0].endswith("_rows_total")} == {
        ("inference_rows_total",): 2,
        ("counted_rows_total",): 2,
        ("dropped_rows_total",): 0,
        **bins("delay", {"missing": 0, "below": 0, "[-10,0)": 1, "[0,10)": 1, "above": 0}),
        **bins("seats", {"missing": 1, "below": 0, "=100": 0, "=200": 0, "above": 0, "other": 1}),
        **bins("night", {"missing": 0, "below": 0, "=0": 1, "=1": 1, "above": 0}),
        **bins("carrier", {"missing": 0, "below": 0, "=UA": 1, "above": 0, "other": 1}),
        ("prediction_rows_total", "below"): 0,
        ("prediction_rows_total", "[0,0.5)"): 1,
        ("prediction_rows_total", "[0.5,1)"): 1,
        ("prediction_rows_total", "above"): 0,
    }
    assert (scraped["profile_loaded",], scraped["hidden_features",]) == (1, 0)


def bins(feature: str, counts: dict[str, int]) -> dict[tuple[str, ...], int]:
    """Return the samples of a feature; each has a bin for other values too."""
    return {
        ("feature_rows_total", feature, name): count
        for name, count in {"other": 0, **counts}.items()
    }


def test_profile_is_given_as_it_was_trained(
    application: Application, model: ServedModel, profile: Profile
) -> None:
    path = "/tidewheel/v1/models/flights/profile"
    assert answered(application, request(method="GET", path=path))[0] == 503

    application.state = Ready(replace(model, profile=ProfileFile(profile, "sha256:" + "b" * 64)))

    status, document = answered(application, request(method="GET", path=path))
    assert (status, Profile.model_validate(document)) == (200, profile)


def test_model_without_a_profile_says_so(application: Application, model: ServedModel) -> None:
    application.state = Ready(model)

    assert answered(
        application, request(method="GET", path="/tidewheel/v1/models/flights/profile")
    ) == (
        404,
        {"error": "This version has no training profile that this server reads; train it anew"},
    )


def test_counts_tell_who_counted_and_since_when(
    application: Application, identity: Identity
) -> None:
    path = "/tidewheel/v1/models/flights/counts"
    first, second = (
        ServingCounts.model_validate(answered(application, request(method="GET", path=path))[1])
        for _ in range(2)
    )
    restarted = Application(identity, LIMITS, server_version="abc1234")
    third = ServingCounts.model_validate(answered(restarted, request(method="GET", path=path))[1])

    assert (first.model_name, first.version_number) == ("flights", 2)
    assert first.artifact_digest == identity.artifact_digest
    assert (first.process, first.started_at) == (second.process, second.started_at)
    assert first.started_at <= first.counted_at <= second.counted_at
    assert third.process != first.process
