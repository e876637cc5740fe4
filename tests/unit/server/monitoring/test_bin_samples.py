"""Bins as samples: named so that nobody takes one for another, and never too many."""

from typing import Any

from tidewheel_contracts.artifact.profile import (
    CategoryShare,
    FeatureProfile,
    PredictionProfile,
    Profile,
)
from tidewheel_contracts.serving_counts import FeatureCounts, PredictionCounts
from tidewheel_server.monitoring.bin_samples import (
    SERIES_LIMIT,
    feature_samples,
    hidden_features,
    prediction_samples,
)

LABELS = 'model="flights"'
NUMBER = PredictionProfile(rows=9, mean=0.5, edges=(0, 1), shares=(1,))


def profile(*features: FeatureProfile, prediction: PredictionProfile = NUMBER) -> Profile:
    return Profile(rows=9, features=features, prediction=prediction)


def categories(*texts: str) -> tuple[CategoryShare, ...]:
    return tuple(CategoryShare(value=text, share=0.1) for text in texts)


def feature(name: str, **fields: Any) -> FeatureProfile:
    return FeatureProfile(name=name, **{"kind": "Numeric", "missing_share": 0, **fields})


def test_categories_with_the_names_of_other_bins_are_told_apart() -> None:
    described = feature("carrier", kind="Categorical", categories=categories("missing", 'a"b\\\n'))
    counted = FeatureCounts(name="carrier", missing=1, bins=(2, 3), other=4)

    assert list(feature_samples(LABELS, profile(described), [counted])) == [
        ("", f'{LABELS},feature="carrier",bin="missing"', 1),
        ("", f'{LABELS},feature="carrier",bin="below"', 0),
        ("", f'{LABELS},feature="carrier",bin="=missing"', 2),
        ("", f'{LABELS},feature="carrier",bin="=a\\"b\\\\\\n"', 3),
        ("", f'{LABELS},feature="carrier",bin="above"', 0),
        ("", f'{LABELS},feature="carrier",bin="other"', 4),
    ]


def test_long_categories_are_cut_and_stay_different() -> None:
    long = "x" * 61
    described = feature("carrier", kind="Categorical", categories=categories(long, long + "y"))
    counted = FeatureCounts(name="carrier", bins=(1, 2))

    names = [labels for _, labels, _ in feature_samples(LABELS, profile(described), [counted])]

    cut = "=" + "x" * 60
    assert [name.partition(",bin=")[2] for name in names[2:4]] == [f'"{cut}...#0"', f'"{cut}...#1"']


def test_single_edge_is_one_value() -> None:
    counted = FeatureCounts(name="delay", bins=(7,))

    samples = list(feature_samples(LABELS, profile(feature("delay", edges=(3,))), [counted]))

    assert samples[2] == ("", f'{LABELS},feature="delay",bin="=3"', 7)


def test_first_features_are_shown_whole_up_to_the_limit() -> None:
    wide = profile(*(feature(f"f{place}", edges=(0, 1)) for place in range(300)))
    counted = [FeatureCounts(name=f"f{place}", bins=(1,)) for place in range(300)]

    samples = list(feature_samples(LABELS, wide, counted))

    assert (len(samples), hidden_features(counted)) == (SERIES_LIMIT, 100)
    assert samples[-1] == ("", f'{LABELS},feature="f199",bin="other"', 0)


def test_one_feature_too_many_hides_only_what_passes_the_limit() -> None:
    counted = [FeatureCounts(name=f"f{place}", bins=(1,)) for place in range(200)]

    assert hidden_features(counted) == 0
    assert hidden_features([*counted, FeatureCounts(name="last")]) == 1


def test_classes_have_no_below_and_no_above() -> None:
    classes = PredictionProfile(rows=9, classes=categories("early", "late", "on time"))
    counted = PredictionCounts(bins=(1, 2, 3))

    assert list(prediction_samples(LABELS, profile(prediction=classes), counted)) == [
        ("", f'{LABELS},bin="=early"', 1),
        ("", f'{LABELS},bin="=late"', 2),
        ("", f'{LABELS},bin="=on time"', 3),
    ]
