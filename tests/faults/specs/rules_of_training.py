"""The rules of how a model is trained: what a search needs, and what a gate may ask for."""

from collections.abc import Callable
from typing import Any

from tests.faults.specs.rule import Rule

__all__ = ["RULES_OF_TRAINING"]

Object = dict[str, Any]

_KINDS = ("choice", "number", "integer")


def _spaces(training: Object) -> list[Object]:
    return [
        dimension
        for candidate in training.get("candidates", ())
        for dimension in candidate.get("space", ())
    ]


def _search_of_spaces(training: Object) -> None:
    if _spaces(training):
        training.setdefault("search", {})


def _space_without_search(training: Object) -> None:
    training.pop("search", None)
    training["candidates"][0]["space"] = [_listed("c")]


def _queue_of_priority(training: Object) -> None:
    if "queueName" not in training:
        training.pop("priorityClassName", None)


def _choices_of_grid(training: Object) -> None:
    if training.get("search", {}).get("method") == "Grid":
        for dimension in _spaces(training):
            dimension.update(_listed(dimension["parameter"]))
            dimension.pop("number", None)
            dimension.pop("integer", None)


def _engine_of_search(training: Object) -> None:
    if "search" not in training:
        training.pop("engine", None)


def _engine_without_search(training: Object) -> None:
    _fixed_alone(training)
    training["engine"] = "RayJob"


def _fixed_alone(training: Object) -> None:
    """Leave nothing to search, and nothing that searches."""
    for name in ("search", "engine"):
        training.pop(name, None)
    for candidate in training.get("candidates", ()):
        candidate.pop("space", None)


def _nothing_is_fitted(training: Object) -> None:
    if "imported" not in training:
        return
    _fixed_alone(training)
    training["candidates"] = training["candidates"][:1]
    training["candidates"][0].pop("calibration", None)
    training.get("features", {}).pop("monotonic", None)
    training.get("gate", {}).get("limits", {}).pop("trainingSeconds", None)
    for name in ("weights", "ensembles"):
        training.pop(name, None)


def _imported_and_searched(training: Object) -> None:
    training["imported"] = {
        "file": "model.skops",
        "digest": "sha256:" + "0" * 64,
        "trainedThrough": "2026-01-01T00:00:00Z",
        "requester": "jane",
    }
    training["search"] = {}


def _range_in_grid(training: Object) -> None:
    training["search"] = {"method": "Grid"}
    training["candidates"][0]["space"] = [{"parameter": "c", "integer": {"low": 1, "high": 2}}]


def _one_kind(dimension: Object) -> None:
    present = [name for name in _KINDS if name in dimension]
    for name in present[1:]:
        del dimension[name]
    if not present:
        dimension.update(_listed("c") | {"parameter": dimension["parameter"]})


def _no_kind(dimension: Object) -> None:
    for name in _KINDS:
        dimension.pop(name, None)


def _in_order(bounds: Object) -> None:
    low, high = sorted((bounds["low"], bounds["high"]))
    bounds.update(low=min(low, 2**31 - 2), high=max(high, min(low, 2**31 - 2) + 1))


def _positive_of_log(bounds: Object) -> None:
    if bounds.get("scale") == "Log" and bounds["low"] <= 0:
        bounds["scale"] = "Linear"


def _numbers_in_order(bounds: Object) -> None:
    if float(bounds["low"]) >= float(bounds["high"]):
        bounds.update(low="0", high="1")


def _positive_number_of_log(bounds: Object) -> None:
    if bounds.get("scale") == "Log" and float(bounds["low"]) <= 0:
        bounds["scale"] = "Linear"


def _listed(parameter: str) -> Object:
    return {"parameter": parameter, "choice": {"values": [1]}}


_ERRORS = (
    "log_loss",
    "brier",
    "mean_absolute_error",
    "root_mean_squared_error",
    "median_absolute_error",
)


def _one_bound(threshold: Object) -> None:
    if "minimum" in threshold:
        threshold.pop("maximum", None)
    else:
        threshold.setdefault("maximum", "1")


def _one_kind_of_slice(part: Object) -> None:
    if "expression" in part:
        part.pop("column", None)
    else:
        part.setdefault("column", "carrier")


def _minimum_of_a_score(training: Object) -> None:
    if training.get("metric", {}).get("name") in _ERRORS:
        training.get("gate", {}).pop("minimum", None)


def _some_weight(weights: Object) -> None:
    if "column" not in weights:
        weights.setdefault("classes", "Balanced")


def _weight_is_no_feature(training: Object) -> None:
    column = training.get("weights", {}).get("column")
    for kind in ("numeric", "categorical", "text", "dates"):
        features = training.get("features", {})
        if kind in features:
            features[kind] = [name for name in features[kind] if name != column]


def _monotonic_of(features: Object, kept: Callable[[Any], bool]) -> None:
    if "monotonic" in features:
        features["monotonic"] = [each for each in features["monotonic"] if kept(each["column"])]


def _not_categorical(features: Object) -> None:
    _monotonic_of(features, lambda column: column not in features.get("categorical", []))


def _among_numeric(features: Object) -> None:
    numeric = features.get("numeric", [])
    _monotonic_of(features, lambda column: not numeric or column in numeric)


_RISING = [{"column": "same", "direction": "Increasing"}]


def _text_alone(features: Object) -> None:
    others = [*features.get("numeric", []), *features.get("categorical", [])]
    if "text" in features:
        features["text"] = [name for name in features["text"] if name not in others]


def _positive_weight(member: Object) -> None:
    if "weight" in member and float(member["weight"]) <= 0:
        member["weight"] = "1"


def _weights_of_voting(ensemble: Object) -> None:
    if ensemble["kind"] != "Voting":
        for member in ensemble["members"]:
            member.pop("weight", None)


def _weight_in_stacking(ensemble: Object) -> None:
    ensemble["kind"] = "Stacking"
    ensemble["members"][0]["weight"] = "1"


def _final_of_stacking(ensemble: Object) -> None:
    if ensemble["kind"] != "Stacking":
        ensemble.pop("finalEstimator", None)
        ensemble.pop("folds", None)


def _folds_in_voting(ensemble: Object) -> None:
    ensemble.pop("finalEstimator", None)
    ensemble.update(kind="Voting", folds=3)


_PAIR = ("first", "second")


def _members_are_candidates(training: Object) -> None:
    names = [candidate["name"] for candidate in training.get("candidates", ())]
    if len(names) < 2:
        training.pop("ensembles", None)
    for ensemble in training.get("ensembles", ()):
        ensemble["members"] = [
            member | {"candidate": name}
            for member, name in zip(ensemble["members"], names, strict=False)
        ]


def _ensemble_of(training: Object, name: str, *members: str) -> None:
    first = training["candidates"][0]
    training["candidates"] = [{"name": each, "estimator": first["estimator"]} for each in _PAIR]
    listed = [{"candidate": each} for each in members]
    training["ensembles"] = [{"name": name, "kind": "Voting", "members": listed}]


def _names_of_their_own(training: Object) -> None:
    names = [candidate["name"] for candidate in training.get("candidates", ())]
    if "ensembles" in training:
        training["ensembles"] = [
            each for each in training["ensembles"] if each["name"] not in names
        ]


def _dates_alone(features: Object) -> None:
    others = [
        name for kind in ("numeric", "categorical", "text") for name in features.get(kind, [])
    ]
    if "dates" in features:
        features["dates"] = [name for name in features["dates"] if name not in others]


RULES_OF_TRAINING = {
    "self.engine != 'RayJob' || has(self.search)": Rule(_engine_of_search, _engine_without_search),
    "!has(self.imported) || self.candidates.size() == 1 && !has(self.candidates[0].calibration) && "
    "!has(self.search) && !has(self.weights) && (!has(self.ensembles) || "
    "self.ensembles.size() == 0) && (!has(self.features) || !has(self.features.monotonic) || "
    "self.features.monotonic.size() == 0) && (!has(self.gate) || !has(self.gate.limits) || "
    "!has(self.gate.limits.trainingSeconds))": Rule(_nothing_is_fitted, _imported_and_searched),
    "!has(self.weight) || double(self.weight) > 0.0": Rule(
        _positive_weight, lambda member: member.update(weight="0")
    ),
    "self.kind == 'Voting' || self.members.all(one, !has(one.weight))": Rule(
        _weights_of_voting, _weight_in_stacking
    ),
    "self.kind == 'Stacking' || (!has(self.finalEstimator) && !has(self.folds))": Rule(
        _final_of_stacking, _folds_in_voting
    ),
    "!has(self.ensembles) || self.ensembles.all(it, it.members.all(member, "
    "self.candidates.exists(one, one.name == member.candidate)))": Rule(
        _members_are_candidates, lambda training: _ensemble_of(training, "all", "first", "third")
    ),
    "!has(self.ensembles) || self.ensembles.all(it, !self.candidates.exists(one, one.name == "
    "it.name))": Rule(
        _names_of_their_own, lambda training: _ensemble_of(training, "first", *_PAIR)
    ),
    "!sets.intersects(self.dates, self.numeric) && !sets.intersects(self.dates, "
    "self.categorical) && !sets.intersects(self.dates, self.text)": Rule(
        _dates_alone, lambda features: features.update(text=["same"], dates=["same"])
    ),
    "!sets.intersects(self.text, self.numeric) && !sets.intersects(self.text, "
    "self.categorical)": Rule(
        _text_alone, lambda features: features.update(categorical=["same"], text=["same"])
    ),
    "self.monotonic.all(each, !(each.column in self.categorical))": Rule(
        _not_categorical,
        lambda features: features.update(categorical=["same"], monotonic=_RISING),
    ),
    "self.numeric.size() == 0 || self.monotonic.all(each, each.column in self.numeric)": Rule(
        _among_numeric, lambda features: features.update(numeric=["other"], monotonic=_RISING)
    ),
    "has(self.classes) || has(self.column)": Rule(_some_weight, lambda weights: weights.clear()),
    "!has(self.weights) || !has(self.weights.column) || !(self.weights.column in "
    "self.features.numeric || self.weights.column in self.features.categorical || "
    "self.weights.column in self.features.text || self.weights.column in "
    "self.features.dates)": Rule(
        _weight_is_no_feature,
        lambda training: training.update(
            features={"numeric": ["same"]}, weights={"column": "same"}
        ),
    ),
    "has(self.expression) != has(self.column)": Rule(
        _one_kind_of_slice, lambda part: part.update(expression="hour < 6", column="carrier")
    ),
    "has(self.minimum) != has(self.maximum)": Rule(
        _one_bound, lambda threshold: threshold.update(minimum="0", maximum="1")
    ),
    "!has(self.gate.minimum) || !has(self.metric.name) || !(self.metric.name in ['log_loss', "
    "'brier', 'mean_absolute_error', 'root_mean_squared_error', 'median_absolute_error'])": Rule(
        _minimum_of_a_score,
        lambda training: training.update(metric={"name": "brier"}, gate={"minimum": "0.1"}),
    ),
    "has(self.search) || self.candidates.all(one, !has(one.space) || one.space.size() == 0)": Rule(
        _search_of_spaces, _space_without_search
    ),
    "!has(self.search) || !has(self.search.method) || self.search.method != 'Grid' || "
    "self.candidates.all(one, !has(one.space) || one.space.all(it, has(it.choice)))": Rule(
        _choices_of_grid, _range_in_grid
    ),
    "[has(self.choice), has(self.number), has(self.integer)].filter(x, x).size() == 1": Rule(
        _one_kind, _no_kind
    ),
    "!has(self.priorityClassName) || has(self.queueName)": Rule(
        _queue_of_priority,
        lambda training: (training.pop("queueName", None), training.update(priorityClassName="a")),
    ),
    "double(self.low) < double(self.high)": Rule(
        _numbers_in_order, lambda bounds: bounds.update(low="2", high="2.0")
    ),
    "!has(self.scale) || self.scale != 'Log' || double(self.low) > 0.0": Rule(
        _positive_number_of_log, lambda bounds: bounds.update(low="0", high="1", scale="Log")
    ),
    "self.low < self.high": Rule(_in_order, lambda bounds: bounds.update(low=2, high=2)),
    "!has(self.scale) || self.scale != 'Log' || self.low > 0": Rule(
        _positive_of_log, lambda bounds: bounds.update(low=-1, high=2, scale="Log")
    ),
}
