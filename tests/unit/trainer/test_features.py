"""Which columns a model learns from."""

import pytest

from tidewheel_contracts.api.v1alpha1.features import Features
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.features import FeatureChoice, chosen_features

_COLUMNS = tuple(
    SnapshotColumn(name=name, type=kind)
    for name, kind in {
        "day": "timestamp[us]",
        "late": "bool",
        "hour": "int64",
        "cold": "bool",
        "cost": "decimal128(5, 2)",
        "carrier": "string",
        "landed": "timestamp[us, tz=UTC]",
        "tags": "list<element: string>",
    }.items()
)
_ROLES = {"late": "target", "day": "time"}


def _chosen(**named: tuple[str, ...]) -> FeatureChoice:
    return chosen_features(_COLUMNS, Features(**named), _ROLES)


def test_numbers_text_and_dates_are_found_without_target_and_time() -> None:
    found = FeatureChoice(("hour", "cold", "cost"), ("carrier",), dates=("landed",))
    assert _chosen() == found


def test_a_number_that_is_named_a_category_is_no_number() -> None:
    expected = FeatureChoice(("cold", "cost"), ("hour",), dates=("landed",))
    assert _chosen(categorical=("hour",)) == expected


def test_text_that_is_read_by_its_words_is_no_category() -> None:
    expected = FeatureChoice(("hour", "cold", "cost"), (), ("carrier",), ("landed",))
    assert _chosen(text=("carrier",)) == expected


def test_text_that_is_read_as_dates_is_no_category() -> None:
    expected = FeatureChoice(("hour", "cold", "cost"), (), dates=("carrier",))
    assert _chosen(dates=("carrier",)) == expected


def test_lists_are_taken_as_they_are() -> None:
    named = FeatureChoice(numeric=("cost",), categorical=("carrier",), dates=("landed",))
    assert _chosen(numeric=("cost",), categorical=("carrier",), dates=("landed",)) == named


@pytest.mark.parametrize(
    ("named", "reason", "message"),
    [
        (
            {"numeric": ("delay",)},
            FailureReason.COLUMN_MISSING,
            "the snapshot has no column 'delay', which `features` names; it has day, late, hour, "
            "cold, cost, carrier, landed, tags",
        ),
        (
            {"numeric": ("late",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'late', the target column; take it out",
        ),
        (
            {"numeric": ("carrier",)},
            FailureReason.PARAMETER_INVALID,
            "column 'carrier' is text; name it under `features.categorical`",
        ),
        (
            {"text": ("hour",)},
            FailureReason.PARAMETER_INVALID,
            "column 'hour' is no text; name it under `features.numeric` or `features.categorical`",
        ),
        (
            {"text": ("carrier",), "categorical": ("carrier",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'carrier' as categorical and as text; keep one",
        ),
        (
            {"categorical": ("landed",)},
            FailureReason.PARAMETER_INVALID,
            "column 'landed' holds dates; name it under `features.dates`",
        ),
        (
            {"categorical": ("tags",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'tags', which holds no numbers, booleans, text or dates",
        ),
        (
            {"dates": ("hour",)},
            FailureReason.PARAMETER_INVALID,
            "`features.dates` names 'hour', which holds neither dates nor text; add a `cast` step "
            "to Timestamp, or name it under `features.numeric`",
        ),
        (
            {"dates": ("day",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'day', the time column; take it out",
        ),
        (
            {"dates": ("carrier",), "text": ("carrier",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'carrier' as text and as a date; keep one",
        ),
        (
            {"numeric": ("hour",), "categorical": ("hour",)},
            FailureReason.PARAMETER_INVALID,
            "`features` names 'hour' as numeric and as categorical; keep one",
        ),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(
    named: dict[str, tuple[str, ...]], reason: FailureReason, message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        _chosen(**named)
    assert (caught.value.reason, caught.value.message) == (reason, message)


def test_a_set_without_any_feature_is_refused() -> None:
    with pytest.raises(TrainerError) as caught:
        chosen_features(_COLUMNS[:2], Features(), _ROLES)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.NO_FEATURES,
        "the snapshot has no column to learn from beside 'late' (target), 'day' (time); it needs "
        "at least one column of numbers, booleans, text or dates",
    )
