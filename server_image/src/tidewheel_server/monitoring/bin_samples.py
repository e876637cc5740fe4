"""The bins of features and prediction as Prometheus samples, within a bound; pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tidewheel_contracts.artifact.profile import FeatureProfile, Profile
from tidewheel_contracts.serving_counts import FeatureCounts, PredictionCounts
from tidewheel_server.monitoring.prometheus_text import Sample, labels_text

__all__ = ["SERIES_LIMIT", "feature_samples", "hidden_features", "prediction_samples"]

# What one replica adds to Prometheus at most; the counts in JSON have all features.
SERIES_LIMIT = 1000

_CATEGORY_CHARACTERS = 60


def hidden_features(features: Sequence[FeatureCounts]) -> int:
    """Return how many of the last features would pass the limit."""
    series = 0
    for place, feature in enumerate(features):
        series += len(_bins_of(feature))
        if series > SERIES_LIMIT:
            return len(features) - place
    return 0


def feature_samples(
    labels: str, profile: Profile, features: Sequence[FeatureCounts]
) -> Iterator[Sample]:
    """Yield a sample for each bin of each feature that is within the limit."""
    shown = len(features) - hidden_features(features)
    for described, counted in zip(profile.features[:shown], features, strict=False):
        names = _bin_names(described)
        for key, count in _bins_of(counted).items():
            bin_name = key if isinstance(key, str) else names[key]
            bin_labels = labels_text((("feature", described.name), ("bin", bin_name)))
            yield "", f"{labels},{bin_labels}", count


def prediction_samples(
    labels: str, profile: Profile, prediction: PredictionCounts
) -> Iterator[Sample]:
    """Yield a sample for each bin of the prediction."""
    described = profile.prediction
    names = [_category(index, each.value) for index, each in enumerate(described.classes)]
    counts = list(zip(names or _intervals(described.edges), prediction.bins, strict=True))
    if not names:
        counts = [("below", prediction.below), *counts, ("above", prediction.above)]
    for name, count in counts:
        yield "", f"{labels},{labels_text((('bin', name),))}", count


def _bins_of(feature: FeatureCounts) -> dict[str | int, int]:
    """Return the counts by bin: those of the profile by their place, the others by name."""
    return {
        "missing": feature.missing,
        "below": feature.below,
        **dict(enumerate(feature.bins)),
        "above": feature.above,
        "other": feature.other,
    }


def _bin_names(feature: FeatureProfile) -> list[str]:
    if feature.categories:
        return [_category(index, each.value) for index, each in enumerate(feature.categories)]
    return [f"={value:g}" for value in feature.values] or _intervals(feature.edges)


def _intervals(edges: Sequence[float]) -> list[str]:
    if len(edges) == 1:
        return [f"={edges[0]:g}"]
    return [f"[{low:g},{high:g})" for low, high in pairwise(edges)]


def _category(index: int, text: str) -> str:
    """Return the name of a category; a sign before it tells it from `missing` and `other`."""
    if len(text) <= _CATEGORY_CHARACTERS:
        return f"={text}"
    return f"={text[:_CATEGORY_CHARACTERS]}...#{index}"
