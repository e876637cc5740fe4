"""Which of our objects are to be looked at when something changes."""

from typing import Any

import pytest
from tests.builders import (
    Object,
    make_alias,
    make_approval,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_store,
    make_version,
    stored,
)
from tests.unit.operator.observations import collect_job, job_pod, train_job
from tests.unit.operator.policies.ray_jobs import ray_job

from tidewheel_contracts import labels
from tidewheel_operator.manifests.serving_deployment import ServingOwner
from tidewheel_operator.manifests.serving_service import stable_service
from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.queue import Key
from tidewheel_operator.runtime.resources import (
    JOBS,
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    PODS,
    RAY_JOBS,
    TRAINING_RUNS,
    WORKLOADS,
    Resource,
    resource_of,
)

# Two loops in one namespace, and one that must never be woken.
KNOWN = (
    make_store(),
    make_dataset("flights"),
    make_dataset("weather"),
    make_run("run-1", pipeline_name="flight-delay"),
    make_run("by-hand"),
    make_run("rain-1", dataset_name="weather", model_name="rain"),
    make_deployment("flight-delay"),
    make_deployment("mine", model_name="rain"),
    make_pipeline("flight-delay"),
    make_pipeline("rain-loop", dataset_name="weather", model_name="rain", deployment_name="mine"),
    make_version(1),
    make_approval("first"),
    make_approval("second"),
    make_approval("of-another", 2),
    make_alias("prod"),
    make_alias("prod", model_name="rain"),
    make_dataset("flights", metadata={"namespace": "else", "uid": "else"}),
    make_pipeline("flight-delay", metadata={"namespace": "else", "uid": "else"}),
)


SERVICE = stored(stable_service(ServingOwner("flight-delay", "ml", "uid"), 1))
COLLECT = collect_job(make_dataset("flights"))
TRAIN = train_job(make_run("run-1"))


def serving_pod() -> Object:
    pod = job_pod(TRAIN, {"running": {}})
    del pod["metadata"]["ownerReferences"]
    pod["metadata"]["labels"] = {labels.DEPLOYMENT: "flight-delay", labels.VERSION: "1"}
    return pod


def foreign(item: Object) -> Object:
    """Return a child whose controller is not one of our kinds."""
    references = [{"kind": "CronJob", "name": "flights", "uid": "x", "controller": True}]
    return {**item, "metadata": {**item["metadata"], "ownerReferences": references}}


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        pytest.param(
            make_store(),
            {
                "artifactstores/ml/default",
                "datasets/ml/flights",
                "datasets/ml/weather",
                "trainingruns/ml/run-1",
                "trainingruns/ml/by-hand",
                "trainingruns/ml/rain-1",
                "modeldeployments/ml/flight-delay",
                "modeldeployments/ml/mine",
            },
            id="a store wakes all who use it",
        ),
        pytest.param(
            make_dataset("flights"),
            {
                "datasets/ml/flights",
                "trainingruns/ml/run-1",
                "trainingruns/ml/by-hand",
                "modelpipelines/ml/flight-delay",
            },
            id="a Dataset wakes its runs and pipelines",
        ),
        pytest.param(
            make_run("run-1", pipeline_name="flight-delay"),
            {"trainingruns/ml/run-1", "modelpipelines/ml/flight-delay"},
            id="a run wakes its pipeline",
        ),
        pytest.param(make_run("by-hand"), {"trainingruns/ml/by-hand"}, id="a run on its own"),
        pytest.param(
            make_version(1),
            {
                "modelversions/ml/flight-delay-v1",
                "modelapprovals/ml/first",
                "modelapprovals/ml/second",
                "modelaliases/ml/flight-delay-prod",
                "trainingruns/ml/by-hand",
                "modeldeployments/ml/flight-delay",
                "modelpipelines/ml/flight-delay",
            },
            id="a version wakes its run, what was said about it and who serves its model",
        ),
        pytest.param(
            make_approval("first"),
            {
                "modelapprovals/ml/first",
                "modelapprovals/ml/second",
                "modelversions/ml/flight-delay-v1",
                "modeldeployments/ml/flight-delay",
            },
            id="an approval wakes its version, others of it and who serves its model",
        ),
        pytest.param(
            make_alias("test"),
            {"modelaliases/ml/flight-delay-test", "modeldeployments/ml/flight-delay"},
            id="an alias wakes who serves its model",
        ),
        pytest.param(
            make_approval("rainy", model_version_name="rain-v7"),
            {
                "modelapprovals/ml/rainy",
                "modelversions/ml/rain-v7",
                "modeldeployments/ml/mine",
            },
            id="an approval of a version that is not there",
        ),
        pytest.param(
            make_version(1, model="rain"),
            {
                "modelversions/ml/rain-v1",
                "modelaliases/ml/rain-prod",
                "trainingruns/ml/by-hand",
                "modeldeployments/ml/mine",
                "modelpipelines/ml/rain-loop",
            },
            id="a version of a model that is not named as its pipeline",
        ),
        pytest.param(
            make_deployment("mine", model_name="rain"),
            {"modeldeployments/ml/mine", "modelpipelines/ml/rain-loop"},
            id="a user's deployment wakes the pipeline that names it",
        ),
        pytest.param(
            make_deployment(
                "flight-delay",
                metadata={
                    "ownerReferences": [
                        {
                            "kind": "ModelPipeline",
                            "name": "flight-delay",
                            "uid": "uid",
                            "controller": True,
                        }
                    ]
                },
            ),
            {"modeldeployments/ml/flight-delay", "modelpipelines/ml/flight-delay"},
            id="a pipeline's deployment wakes its owner",
        ),
        pytest.param(
            make_pipeline("flight-delay"),
            {"modelpipelines/ml/flight-delay", "trainingruns/ml/run-1"},
            id="a pipeline wakes its runs",
        ),
        pytest.param(COLLECT, {"datasets/ml/flights"}, id="a Job wakes its Dataset"),
        pytest.param(TRAIN, {"trainingruns/ml/run-1"}, id="a Job wakes its run"),
        pytest.param(SERVICE, {"modeldeployments/ml/flight-delay"}, id="a Service wakes its owner"),
        pytest.param(foreign(COLLECT), set(), id="a Job of somebody else wakes nobody"),
        pytest.param(
            job_pod(TRAIN, {"running": {}}), {"trainingruns/ml/run-1"}, id="a pod of a known Job"
        ),
        pytest.param(
            job_pod(train_job(make_run("unknown")), {}), set(), id="a pod of a Job not yet seen"
        ),
        pytest.param(
            serving_pod(), {"modeldeployments/ml/flight-delay"}, id="a pod of a model server"
        ),
    ],
)
def test_change_of(changed: Object, keys: set[str]) -> None:
    cache = Cache()
    for item in (*KNOWN, COLLECT, TRAIN):
        cache.put(resource_of(item), item)

    found = [str(key) for key in keys_of(cache, resource_of(changed), changed)]

    assert set(found) == keys


@pytest.mark.parametrize("field", ["spec", "status"])
def test_object_without_a_part_wakes_at_least_itself(field: str) -> None:
    cache = Cache()
    for item in KNOWN:
        bare = {key: value for key, value in item.items() if key != field}
        cache.put(resource_of(item), bare)

        found = [str(key) for key in keys_of(cache, resource_of(bare), bare)]

        assert f"{resource_of(bare).plural}/{bare['metadata']['namespace']}/" in " ".join(found)


@pytest.mark.parametrize(
    ("resource", "spec"),
    [
        pytest.param(TRAINING_RUNS, {"pipelineName": ["a"], "datasetName": {}}, id="a run"),
        pytest.param(MODEL_VERSIONS, {"run": 1, "modelName": ["a"]}, id="a version"),
        pytest.param(MODEL_VERSIONS, {"run": {"name": {}}}, id="a version of no run"),
        pytest.param(MODEL_APPROVALS, {"modelVersionName": ["a"]}, id="an approval"),
        pytest.param(MODEL_ALIASES, {"modelName": ["a"], "number": "x"}, id="an alias"),
        pytest.param(MODEL_PIPELINES, {"deploymentName": 3, "modelName": []}, id="a pipeline"),
        pytest.param(MODEL_DEPLOYMENTS, "text", id="a deployment that is no object"),
    ],
)
def test_object_that_nobody_can_read_wakes_itself_and_harms_nobody(
    resource: Resource, spec: Any
) -> None:
    item = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": "odd", "namespace": "ml", "uid": "1", "resourceVersion": "1"},
        "spec": spec,
        "status": {"snapshot": 1, "completionTime": [], "conditions": "none"},
    }
    cache = Cache()

    assert cache.put(resource, item)
    assert list(keys_of(cache, resource, item)) == [Key(resource.plural, "ml", "odd")]


def test_workload_of_kueue_wakes_the_run_of_its_job() -> None:
    cache = Cache()
    cache.put(JOBS, TRAIN)
    of_a_job = {"kind": "Job", "name": TRAIN["metadata"]["name"], "uid": "a", "controller": True}
    of_another = {**of_a_job, "name": "somebody-elses"}

    found = [
        [
            str(key)
            for key in keys_of(
                cache, WORKLOADS, {"metadata": {**TRAIN["metadata"], "ownerReferences": [owner]}}
            )
        ]
        for owner in (of_a_job, of_another)
    ]

    assert found == [[str(Key("trainingruns", "ml", "run-1"))], []]


def test_pod_of_a_ray_cluster_and_workload_of_its_ray_job_wake_the_run() -> None:
    cache = Cache()
    made = ray_job(make_run(engine="RayJob", search={"parallelism": 2}))
    cache.put(RAY_JOBS, made)
    metadata = made["metadata"]
    by_kuberay = {"kind": "RayCluster", "name": "a-cluster", "uid": "b", "controller": True}
    by_name = {"labels": {labels.RAY_JOB: metadata["name"]}, "ownerReferences": [by_kuberay]}
    of_ray_job = {**by_kuberay, "kind": "RayJob", "name": metadata["name"]}
    pod = {"metadata": {"name": "pod", "namespace": "ml", **by_name}}
    workload = {"metadata": {**pod["metadata"], "ownerReferences": [of_ray_job]}}

    found = [
        [str(key) for key in keys_of(cache, resource, item)]
        for resource, item in ((PODS, pod), (WORKLOADS, workload))
    ]

    assert found == [[str(Key("trainingruns", "ml", "by-hand"))]] * 2
