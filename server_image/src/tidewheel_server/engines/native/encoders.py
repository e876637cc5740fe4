"""Reads scikit-learn's encoders of categories as tables: pure."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidewheel_server.engines.native.document import SkopsObject
from tidewheel_server.engines.native.features import Code, Feature, Number, OneHot, Table
from tidewheel_server.engines.native.unsupported import UnsupportedError

__all__ = ["one_hot", "ordinal"]

# The code of a category that gets no column.
_NOWHERE = -1.0


def ordinal(
    encoder: SkopsObject, features: Sequence[Feature], is_text: Sequence[bool]
) -> list[Feature]:
    """Return the codes that an OrdinalEncoder gives the columns.

    Raises:
        UnsupportedError: for parameters or columns that are not implemented.
    """
    _refuse_other(encoder, "handle_unknown", ("use_encoded_value",))
    _refuse_other(encoder, "min_frequency", (None,))
    _refuse_other(encoder, "max_categories", (None,))
    _refuse_other_type(encoder)
    unknown = float(encoder["unknown_value"])
    missing_code = float(encoder["encoded_missing_value"])
    missing_places = encoder["_missing_indices"]
    found: list[Feature] = []
    for place, (feature, categories) in enumerate(
        zip(features, encoder["categories_"], strict=True)
    ):
        if not isinstance(feature, Number) or feature.steps:
            raise UnsupportedError("OrdinalEncoder of something else than a column is not known")
        keys, codes, missing = _coded(categories, is_text=is_text[feature.column])
        if missing is None:
            missing = unknown
        elif missing_places.get(place) == missing:
            missing = missing_code
        found.append(Code(feature.column, Table(keys, codes, missing, unknown)))
    return found


def one_hot(encoder: SkopsObject, features: Sequence[Feature]) -> list[Feature]:
    """Return the columns that a OneHotEncoder makes of codes.

    Raises:
        UnsupportedError: for parameters or features that are not implemented.
    """
    _refuse_other(encoder, "handle_unknown", ("ignore", "infrequent_if_exist"))
    _refuse_other(encoder, "drop", (None,))
    _refuse_other_type(encoder)
    groups_known = encoder["handle_unknown"] == "infrequent_if_exist"
    count = len(features)
    has_groups = encoder["_infrequent_enabled"]
    grouped = encoder["_infrequent_indices"] if has_groups else [None] * count
    mappings = encoder["_default_to_infrequent_mappings"] if has_groups else [None] * count
    found: list[Feature] = []
    for feature, categories, rare, mapping, width in zip(
        features,
        encoder["categories_"],
        grouped,
        mappings,
        encoder["_n_features_outs"],
        strict=True,
    ):
        if not isinstance(feature, Code) or feature.steps:
            raise UnsupportedError("OneHotEncoder of something else than codes is not known")
        keys, codes, missing = _coded(categories, is_text=False)
        places = codes if mapping is None else [float(place) for place in np.asarray(mapping)]
        nowhere = _NOWHERE
        if groups_known and rare is not None:
            nowhere = places[int(np.asarray(rare)[0])]
        missing_place = nowhere if missing is None else places[int(missing)]
        table = Table(keys, places[: len(keys)], missing_place, nowhere)
        found.append(OneHot(feature.column, feature.table.recoded(table), int(width)))
    return found


def _coded(
    categories: Any,  # noqa: ANN401  what a file holds
    *,
    is_text: bool,
) -> tuple[list[str] | list[float], list[float], float | None]:
    """Return the categories, their places, and the place of a missing value if it is one.

    Raises:
        UnsupportedError: for categories of another kind than the column's.
    """
    if is_text:
        return _coded_texts(categories)
    if not isinstance(categories, np.ndarray) or categories.dtype.kind not in "fiu":
        raise UnsupportedError("categories of a column of numbers that are none are not known")
    numbers = [float(number) for number in categories]
    # scikit-learn keeps a missing value behind all others.
    missing = float(len(numbers) - 1) if numbers and math.isnan(numbers[-1]) else None
    keys = numbers if missing is None else numbers[:-1]
    if any(math.isnan(key) or int(key) != key for key in keys if abs(key) >= 2.0**53):
        raise UnsupportedError("categories beyond the whole numbers of float64 are not known")
    return keys, [float(place) for place in range(len(keys))], missing


def _coded_texts(categories: Any) -> tuple[list[str], list[float], float | None]:  # noqa: ANN401
    """Return the texts, their places, and the place of None, the missing text of a request."""
    if not isinstance(categories, list):
        raise UnsupportedError("categories of a column of text that are none are not known")
    keys: list[str] = []
    codes: list[float] = []
    missing = None
    for place, category in enumerate(categories):
        if category is None:
            missing = float(place)
        elif isinstance(category, str):
            keys.append(category)
            codes.append(float(place))
        elif not (isinstance(category, float) and math.isnan(category)):
            raise UnsupportedError("categories of a column of text that are none are not known")
    return keys, codes, missing


def _refuse_other(encoder: SkopsObject, parameter: str, known: tuple[object, ...]) -> None:
    if encoder[parameter] not in known:
        raise UnsupportedError(
            f"{encoder.short_name} with {parameter}={encoder[parameter]!r} is not implemented"
        )


def _refuse_other_type(encoder: SkopsObject) -> None:
    kind = encoder["dtype"]
    if not isinstance(kind, SkopsObject) or kind.name != "numpy.float64":
        raise UnsupportedError(f"{encoder.short_name} of another dtype is not implemented")
