"""Indexes find what a look at every object finds, whatever came, changed and went before."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.builders import (
    NOW,
    Object,
    make_alias,
    make_approval,
    make_deployment,
    make_pipeline,
    make_run,
    make_version,
)
from tests.builders import time_text as text_of_time
from tests.unit.operator.observations import job_pod, train_job
from tests.unit.operator.policies.served import state

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.indexes import (
    ALIASES_BY_MODEL,
    APPROVALS_BY_MODEL,
    APPROVALS_BY_VERSION,
    DEPLOYMENTS_BY_CHAMPION,
    DEPLOYMENTS_BY_MODEL,
    INDEXES,
    OPEN_RUNS,
    OPEN_RUNS_BY_DATASET,
    OPEN_RUNS_BY_MODEL,
    OPEN_RUNS_BY_PIPELINE,
    PIPELINES_BY_DATASET,
    PIPELINES_BY_DEPLOYMENT,
    PIPELINES_BY_MODEL,
    PODS_BY_DEPLOYMENT,
    PODS_BY_RAY_JOB,
    RUNS_BY_PIPELINE,
    VERSIONS_BY_MODEL,
    Index,
)
from tidewheel_operator.runtime.resources import (
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    PODS,
    TRAINING_RUNS,
    Resource,
    resource_of,
)
from tidewheel_operator.runtime.trimming import trimmed

NAMES = ("a", "b", "c")
VERSIONS = tuple(f"{name}-v1" for name in NAMES)
NAMESPACES = ("ml", "else")
OWNERS = ("owner-1", "owner-2")
POD = job_pod(train_job(make_run()), {"running": {}})

# What an index is said to find, in terms of the object as its author wrote it.
EXPECTED: dict[Index, Callable[[Object], Any]] = {
    ALIASES_BY_MODEL: lambda item: item["spec"]["modelName"],
    APPROVALS_BY_MODEL: lambda item: item["spec"]["modelVersionName"].removesuffix("-v1"),
    APPROVALS_BY_VERSION: lambda item: item["spec"]["modelVersionName"],
    RUNS_BY_PIPELINE: lambda item: item["spec"].get("pipelineName"),
    OPEN_RUNS: lambda item: None if _has_ended(item) else "open",
    OPEN_RUNS_BY_DATASET: lambda item: None if _has_ended(item) else item["spec"]["datasetName"],
    OPEN_RUNS_BY_MODEL: lambda item: None if _has_ended(item) else item["spec"]["modelName"],
    OPEN_RUNS_BY_PIPELINE: lambda item: (
        None if _has_ended(item) else item["spec"].get("pipelineName")
    ),
    VERSIONS_BY_MODEL: lambda item: item["spec"]["modelName"],
    DEPLOYMENTS_BY_CHAMPION: lambda item: item.get("status", {}).get("champion", {}).get("name"),
    DEPLOYMENTS_BY_MODEL: lambda item: item["spec"]["modelName"],
    PIPELINES_BY_DATASET: lambda item: item["spec"]["datasetName"],
    PIPELINES_BY_DEPLOYMENT: lambda item: item["spec"].get("deploymentName"),
    PIPELINES_BY_MODEL: lambda item: item["spec"].get("modelName") or item["metadata"]["name"],
    PODS_BY_DEPLOYMENT: lambda item: item["metadata"]["labels"].get(labels.DEPLOYMENT),
    PODS_BY_RAY_JOB: lambda item: item["metadata"]["labels"].get(labels.RAY_JOB),
}


def _has_ended(run: Object) -> bool:
    return "completionTime" in run.get("status", {})


def _run(name: str, one: str, other: str | None) -> Object:
    ended = TrainingRunStatus(completion_time=text_of_time(NOW)) if one == "c" else None
    return make_run(name, ended, dataset_name=one, model_name=one, pipeline_name=other)


def _pipeline(name: str, one: str, other: str | None) -> Object:
    chosen = {"deployment_name": other} if other is not None else {}
    return make_pipeline(name, dataset_name=one, model_name=other, **chosen)


def _pod(name: str, one: str, other: str | None) -> Object:
    pod_labels = {labels.DEPLOYMENT: one, labels.RAY_JOB: other} if other is not None else {}
    metadata = {**POD["metadata"], "name": name, "labels": pod_labels}
    return {**POD, "metadata": metadata}


def _deployment(name: str, one: str, other: str | None) -> Object:
    champion = state(1).model_copy(update={"name": other}) if other is not None else None
    return make_deployment(name, ModelDeploymentStatus(champion=champion), model_name=one)


def _version(name: str, one: str, _: str | None) -> Object:
    return {**make_version(1, one), "metadata": {"name": name}}


def _approval(name: str, one: str, _: str | None) -> Object:
    return make_approval(name, model_version_name=f"{one}-v1")


def _alias(name: str, one: str, _: str | None) -> Object:
    return make_alias(name, model_name=one)


MAKERS = {
    MODEL_ALIASES: _alias,
    MODEL_APPROVALS: _approval,
    TRAINING_RUNS: _run,
    MODEL_PIPELINES: _pipeline,
    PODS: _pod,
    MODEL_DEPLOYMENTS: _deployment,
    MODEL_VERSIONS: _version,
}


@st.composite
def objects(draw: st.DrawFn, resources: tuple[Resource, ...] = tuple(MAKERS)) -> Object:
    """Return an object of an indexed kind, in any of its states."""
    make = MAKERS[draw(st.sampled_from(resources))]
    item = make(
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from((None, *NAMES))),
    )
    owner = draw(st.sampled_from((None, *OWNERS)))
    references = [{"kind": "Job", "name": "job", "uid": owner, "controller": True}]
    namespace = draw(st.sampled_from(NAMESPACES))
    metadata = {
        **item["metadata"],
        "namespace": namespace,
        # A uid is of one place for ever; of two namesakes the second may be meant.
        "uid": f"{item['kind']}/{namespace}/{item['metadata']['name']}/{draw(st.integers(1, 2))}",
        "resourceVersion": str(draw(st.integers(1, 30))),
        "ownerReferences": references if owner is not None else [],
    }
    return {**item, "metadata": metadata}


class CacheMachine(RuleBasedStateMachine):
    """The cache next to a list of objects that is searched from one end to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = Cache()
        self.heard: list[tuple[Resource, Object, Object | None]] = []
        self.cache.subscribe(lambda *news: self.heard.append(news))
        self.known: dict[tuple[Resource, str, str], Object] = {}
        self.gone: dict[str, float] = {}
        self.told: list[tuple[Resource, Object, Object | None]] = []

    @rule(item=objects())
    def put(self, item: Object) -> None:
        """A watch or an answer tells of a state."""
        resource, metadata = resource_of(item), item["metadata"]
        place = (resource, metadata["namespace"], metadata["name"])
        version, before = int(metadata["resourceVersion"]), self.known.get(place)
        is_older = before is not None and version <= int(before["metadata"]["resourceVersion"])
        is_news = version >= self.gone.get(metadata["uid"], 0) and not is_older

        assert self.cache.put(resource, item) is is_news

        if is_news:
            self.gone.pop(metadata["uid"], None)
            kept = self.known[place] = trimmed(resource, item)
            is_same = before is not None and before["metadata"]["uid"] == metadata["uid"]
            self.told.append((resource, kept, before if is_same else None))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """An object that is known changes in anything that may change."""
        known = data.draw(st.sampled_from(list(self.known.values())))
        other = data.draw(objects((resource_of(known),)))
        version = int(known["metadata"]["resourceVersion"]) + 1
        kept = {field: known["metadata"][field] for field in ("name", "namespace", "uid")}
        self.put(
            {**other, "metadata": {**other["metadata"], **kept, "resourceVersion": str(version)}}
        )

    @precondition(lambda self: self.known)
    @rule(data=st.data(), is_for_good=st.booleans())
    def end(self, data: st.DataObject, is_for_good: bool) -> None:
        """An object that is known goes."""
        self.remove(data.draw(st.sampled_from(list(self.known.values()))), is_for_good)

    @rule(item=objects(), is_for_good=st.booleans())
    def remove(self, item: Object, is_for_good: bool) -> None:
        """An object goes, or leaves a watch."""
        resource, metadata = resource_of(item), item["metadata"]
        place = (resource, metadata["namespace"], metadata["name"])
        uid, version = metadata["uid"], metadata["resourceVersion"]

        self.cache.remove(resource, *place[1:], uid, None if is_for_good else version)

        since = float("inf") if is_for_good else float(version)
        self.gone[uid] = max(since, self.gone.get(uid, 0))
        before = self.known.get(place)
        if before is not None and before["metadata"]["uid"] == uid:
            del self.known[place]
            self.told.append((resource, before, None))

    @rule(item=objects())
    def touch(self, item: Object) -> None:
        """Somebody points at an object."""
        self.cache.touch(resource_of(item), item)

        self.told.append((resource_of(item), item, None))

    @invariant()
    def listeners_hear_every_change_once(self) -> None:
        """Compare what was told."""
        assert self.heard == self.told

    @invariant()
    def every_object_is_where_it_belongs(self) -> None:
        """Compare every way to find an object."""
        for resource in MAKERS:
            assert self.cache.all(resource) == list(self._scan(resource, NAMESPACES))
            for namespace in NAMESPACES:
                assert self.cache.all(resource, namespace) == list(
                    self._scan(resource, [namespace])
                )
        for index in INDEXES:
            for namespace in NAMESPACES:
                for text in (*NAMES, *VERSIONS, "open", None):
                    assert self.cache.find(index, namespace, text) == [
                        item
                        for item in self._scan(index.resource, [namespace])
                        if text is not None and EXPECTED[index](item) == text
                    ]

    @invariant()
    def children_are_found_by_their_controller(self) -> None:
        """Compare children, which may stand in several namespaces."""
        for uid in OWNERS:
            found = self.cache.children(PODS, uid)
            wanted = [
                item
                for item in self._scan(PODS, NAMESPACES)
                if [owner["uid"] for owner in item["metadata"]["ownerReferences"]] == [uid]
            ]
            by_name = sorted(wanted, key=lambda item: str(item["metadata"]["name"]))
            assert [item["metadata"]["name"] for item in found] == [
                item["metadata"]["name"] for item in by_name
            ]

    def _scan(self, resource: Resource, namespaces: Any) -> Iterator[Object]:
        for place in sorted(self.known, key=lambda place: place[1:]):
            if place[0] == resource and place[1] in namespaces:
                yield self.known[place]


CacheMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestIndexes = CacheMachine.TestCase


def test_every_index_is_compared() -> None:
    assert set(EXPECTED) == set(INDEXES)
