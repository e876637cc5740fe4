"""Candidates with a space, plans of searches, and outcomes that the tests of search share."""

from collections.abc import Iterable
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import CollectResult
from tidewheel_trainer.search.planned import PlannedTrial, SearchTask

Json = dict[str, Any]

TREE = "sklearn.tree.DecisionTreeClassifier"
BAYES = "sklearn.naive_bayes.GaussianNB"
FOLDER = "tidewheel/ml/models/delays/uid-1"

DEPTH = {"parameter": "max_depth", "integer": {"low": 1, "high": 9}}
LEAF = {"parameter": "min_samples_leaf", "integer": {"low": 1, "high": 500, "scale": "Log"}}
SHARE = {"parameter": "min_weight_fraction_leaf", "number": {"low": "0.001", "high": "0.4"}}
CRITERION = {"parameter": "criterion", "choice": {"values": ["gini", "entropy"]}}


def tree(*space: Json, name: str = "tree", **parameters: Any) -> Json:
    return {"name": name, "estimator": TREE, "parameters": parameters, "space": space}


def bayes(name: str = "bayes", **parameters: Any) -> Json:
    return {"name": name, "estimator": BAYES, "parameters": parameters}


def training(*candidates: Json, seed: int = 0, **search: Any) -> Training:
    return Training.model_validate({"candidates": candidates, "search": search, "seed": seed})


def task(*candidates: Json, seed: int = 0, largest_divisor: int = 1, **search: Any) -> SearchTask:
    """Return what a plan follows from."""
    parsed = training(*candidates, seed=seed, **search)
    assert parsed.search is not None
    return SearchTask(parsed.candidates, parsed.search, seed, largest_divisor)


def request_fields(data: CollectResult, *candidates: Json, **search: Any) -> Json:
    """Return what every program of a run with a search is told."""
    return {
        "store": {
            "spec": {"endpoint": "http://store", "bucket": "data", "secretName": "keys"},
            "namespace": "ml",
        },
        "runName": "delays-1",
        "runUid": "uid-1",
        "modelName": "delays",
        "datasetName": "flights",
        "snapshot": {
            "digest": data.snapshot.digest,
            "manifestKey": data.snapshot.manifest_key,
        },
        "target": {"column": "late"},
        "time": {"column": "day"},
        "training": {"candidates": candidates, "search": search},
    }


def shown(trials: Iterable[PlannedTrial]) -> list[tuple[int, str, Json]]:
    """Return numbers, candidates and parameters of planned trials."""
    return [(each.number, each.candidate.name, each.parameters) for each in trials]


def outcome(trial: PlannedTrial, score: str | None = None, **more: Any) -> SearchTrial:
    """Return the outcome of a planned trial."""
    return SearchTrial(
        round_number=trial.round_number,
        number=trial.number,
        candidate=trial.candidate.name,
        parameters=trial.parameters,
        score=score,
        **more,
    )


def outcomes_in(store: Any) -> list[SearchTrial]:
    """Return all outcomes that a search left in the store, in order of their keys."""
    return [
        SearchTrial.model_validate_json(store.objects[key])
        for key in sorted(store.objects)
        if key.startswith(f"{FOLDER}/search/") and key.endswith(".json")
    ]
