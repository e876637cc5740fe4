"""The counts of one server as Prometheus text; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.serving_counts import Counts, PredictionCounts
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.monitoring.bin_samples import (
    feature_samples,
    hidden_features,
    prediction_samples,
)
from tidewheel_server.monitoring.durations import BOUNDS_SECONDS
from tidewheel_server.monitoring.prometheus_text import (
    Sample,
    family,
    histogram_samples,
    labels_text,
)

__all__ = ["Gauges", "exposition_text"]

_PREFIX = "tidewheel_server"


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is true now, and adds up to nothing."""

    in_flight: int
    is_ready: bool
    load_seconds: float | None


def exposition_text(
    identity: Identity, model: ServedModel | None, counts: Counts, gauges: Gauges
) -> str:
    """Return the text of a scrape."""
    labels = labels_text((("model", identity.model_name), ("version", identity.version)))
    return "".join(
        (
            *_request_families(labels, counts),
            *_state_families(labels, identity, gauges),
            *(() if model is None else _model_families(labels, model, counts)),
        )
    )


def _request_families(labels: str, counts: Counts) -> Iterator[str]:
    yield family(
        f"{_PREFIX}_requests_total",
        "counter",
        "Answered requests.",
        [
            ("", f'{labels},endpoint="{each.endpoint}",code="{each.code}"', each.count)
            for each in counts.requests
        ],
    )
    yield _one("inference_rows_total", "counter", "Predicted rows.", labels, counts.rows)
    for name, help_text, durations in (
        (
            "inference_duration_seconds",
            "Time from a complete inference request to its response.",
            [(each.code, each.request) for each in counts.inferences],
        ),
        (
            "inference_queue_seconds",
            "Time of it that was spent waiting.",
            [(each.code, each.queue) for each in counts.inferences],
        ),
        (
            "inference_model_seconds",
            "Time of it that was spent in the model.",
            [(each.code, each.model) for each in counts.inferences],
        ),
    ):
        samples: list[Sample] = []
        for code, duration in durations:
            samples += histogram_samples(f'{labels},code="{code}"', BOUNDS_SECONDS, duration)
        yield family(f"{_PREFIX}_{name}", "histogram", help_text, samples)


def _state_families(labels: str, identity: Identity, gauges: Gauges) -> Iterator[str]:
    yield _one(
        "requests_in_flight",
        "gauge",
        "Requests that wait for a prediction.",
        labels,
        gauges.in_flight,
    )
    yield _one("ready", "gauge", "1 while new requests are welcome.", labels, int(gauges.is_ready))
    if gauges.load_seconds is not None:
        yield _one(
            "model_load_duration_seconds",
            "gauge",
            "Time to fetch, verify, open and try the model.",
            labels,
            gauges.load_seconds,
        )
    digest = labels_text((("digest", identity.artifact_digest),))
    yield _one("model_info", "gauge", "The model that is served.", f"{labels},{digest}", 1)


def _model_families(labels: str, model: ServedModel, counts: Counts) -> Iterator[str]:
    engines = [(model.engine.platform, "", 1)]
    engines += [(each.engine, each.reason, 0) for each in model.refused]
    yield family(
        f"{_PREFIX}_engine_info",
        "gauge",
        "1 for the engine that predicts, 0 for a faster one that does not, and why.",
        [
            ("", f"{labels},{labels_text((('engine', engine), ('reason', reason)))}", value)
            for engine, reason, value in engines
        ],
    )
    yield _one(
        "profile_loaded",
        "gauge",
        "1 if the artifact has a training profile; without one there are no bins.",
        labels,
        int(model.profile is not None),
    )
    if model.profile is not None and counts.prediction is not None:
        yield from _bin_families(labels, model.profile.profile, counts, counts.prediction)


def _bin_families(
    labels: str, profile: Profile, counts: Counts, prediction: PredictionCounts
) -> Iterator[str]:
    yield _one(
        "counted_rows_total", "counter", "Rows counted into bins.", labels, counts.counted_rows
    )
    yield _one(
        "dropped_rows_total",
        "counter",
        "Rows that came faster than they could be counted into bins.",
        labels,
        counts.dropped_rows,
    )
    yield family(
        f"{_PREFIX}_feature_rows_total",
        "counter",
        "Rows by the bin of the training profile that the feature's value is in.",
        feature_samples(labels, profile, counts.features),
    )
    yield _one(
        "hidden_features",
        "gauge",
        "Features whose bins are in the counts as JSON only, because they are too many.",
        labels,
        hidden_features(counts.features),
    )
    yield family(
        f"{_PREFIX}_prediction_rows_total",
        "counter",
        "Rows by the bin of the training profile that the prediction is in.",
        prediction_samples(labels, profile, prediction),
    )


def _one(name: str, kind: str, help_text: str, labels: str, value: float) -> str:
    return family(f"{_PREFIX}_{name}", kind, help_text, [("", labels, value)])
