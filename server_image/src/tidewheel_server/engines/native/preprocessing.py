"""Reads the fitted steps before an estimator, and says what features they make: pure."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidewheel_server.engines.native.document import SkopsObject
from tidewheel_server.engines.native.encoders import one_hot, ordinal
from tidewheel_server.engines.native.features import Code, Feature, Missing, Number, stepped
from tidewheel_server.engines.native.unsupported import UnsupportedError

__all__ = ["Preprocessing", "transformed"]


class Preprocessing:
    """The columns of a model, and what its steps were found to do with their values."""

    def __init__(self, names: Sequence[str], is_text: Sequence[bool]) -> None:
        """Take the columns in the order of the model's inputs."""
        self.names = list(names)
        self.is_text = list(is_text)
        # Imputers and scalers look at what they get, and take no endless number.
        self.refuses_endless_columns = False


def transformed(step: object, features: Sequence[Feature], columns: Preprocessing) -> list[Feature]:
    """Return what a fitted step makes of features.

    Raises:
        UnsupportedError: for a step, or a parameter of it, that is not implemented.
    """
    if step == "passthrough":
        return list(features)
    if not isinstance(step, SkopsObject):
        raise UnsupportedError(f"the step {step!r:.40} is not implemented")
    match step.short_name:
        case "Pipeline":
            for _, part in step["steps"]:
                features = transformed(part, features, columns)
            return list(features)
        case "ColumnTransformer":
            return _side_by_side(step, features, columns)
        case "FunctionTransformer" if step["func"] is None and not step["validate"]:
            return list(features)
        case "SimpleImputer":
            columns.refuses_endless_columns = True
            return _filled(step, features)
        case "StandardScaler":
            columns.refuses_endless_columns = True
            return _scaled(step, features)
        case "OrdinalEncoder":
            return ordinal(step, features, columns.is_text)
        case "OneHotEncoder":
            return one_hot(step, features)
        case name:
            raise UnsupportedError(f"{name} is not implemented")


def _side_by_side(
    transformer: SkopsObject, features: Sequence[Feature], columns: Preprocessing
) -> list[Feature]:
    if transformer["transformer_weights"] is not None:
        raise UnsupportedError("ColumnTransformer with weights is not implemented")
    found: list[Feature] = []
    for _, part, chosen in transformer["transformers_"]:
        if part == "drop":
            continue
        places = [_place(one, columns) for one in chosen] if isinstance(chosen, list) else None
        if places is None or any(place >= len(features) for place in places):
            raise UnsupportedError(f"ColumnTransformer of the columns {chosen!r:.40} is not known")
        found += transformed(part, [features[place] for place in places], columns)
    return found


def _place(column: object, columns: Preprocessing) -> int:
    if isinstance(column, str) and column in columns.names:
        return columns.names.index(column)
    raise UnsupportedError(f"the column {column!r:.40} is no input of the model")


def _filled(imputer: SkopsObject, features: Sequence[Feature]) -> list[Feature]:
    missing = imputer["missing_values"]
    if not (isinstance(missing, float) and math.isnan(missing)):
        raise UnsupportedError(f"SimpleImputer of {missing!r:.40} is not implemented")
    statistics = imputer.array("statistics_")
    if statistics.dtype != np.float64 or statistics.shape != (len(features),):
        raise UnsupportedError("SimpleImputer of something else than numbers is not implemented")
    if not imputer["keep_empty_features"] and np.isnan(statistics).any():
        raise UnsupportedError("SimpleImputer that drops empty features is not implemented")
    found: list[Feature] = []
    for feature, statistic in zip(features, statistics, strict=True):
        if not isinstance(feature, Number | Missing | Code):
            raise UnsupportedError("SimpleImputer after OneHotEncoder is not implemented")
        found.append(stepped(feature, ("fill", float(statistic))))
    return found + _indicators(imputer, features)


def _indicators(imputer: SkopsObject, features: Sequence[Feature]) -> list[Feature]:
    if not imputer["add_indicator"] or imputer["indicator_"] is None:
        return []
    indicator = imputer.object("indicator_")
    if indicator["error_on_new"]:
        raise UnsupportedError("MissingIndicator with error_on_new is not implemented")
    found: list[Feature] = []
    for place in indicator.array("features_"):
        feature = features[int(place)]
        if not isinstance(feature, Number) or feature.steps:
            raise UnsupportedError("MissingIndicator of something else than a column is not known")
        found.append(Missing(feature.column))
    return found


def _scaled(scaler: SkopsObject, features: Sequence[Feature]) -> list[Feature]:
    means = _of_each(scaler, "mean_", "with_mean", len(features))
    scales = _of_each(scaler, "scale_", "with_std", len(features))
    found: list[Feature] = []
    for place, feature in enumerate(features):
        if not isinstance(feature, Number | Missing | Code):
            raise UnsupportedError("StandardScaler after OneHotEncoder is not implemented")
        scaled: Any = feature
        if means is not None:
            scaled = stepped(scaled, ("subtract", float(means[place])))
        if scales is not None:
            scaled = stepped(scaled, ("divide", float(scales[place])))
        found.append(scaled)
    return found


def _of_each(scaler: SkopsObject, attribute: str, parameter: str, count: int) -> Any:  # noqa: ANN401
    """Return one number for each feature, or None when the scaler does not use them.

    Raises:
        UnsupportedError: there is another number of them.
    """
    if not scaler[parameter]:
        return None
    values = scaler.array(attribute)
    if values.dtype != np.float64 or values.shape != (count,):
        raise UnsupportedError(f"StandardScaler with such a {attribute} is not implemented")
    return values
