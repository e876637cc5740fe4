"""A RayJob: what each of its pods is given, and what only its workers are."""

from tests.builders import Object, make_run
from tests.unit.operator.observations import search_job

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_operator.manifests.queued_job import queued
from tidewheel_operator.manifests.ray_job import on_ray

RUN = make_run("a-run-with-a-name-of-forty-characters-xx", search={"parallelism": 4})
RESOURCES = Resources(cpu_milli=2000, memory="4Gi")
RAY_JOB = on_ray(search_job(RUN), 4, RESOURCES)
CLUSTER = RAY_JOB["spec"]["rayClusterSpec"]
HEAD = CLUSTER["headGroupSpec"]["template"]
[WORKERS] = CLUSTER["workerGroupSpecs"]
SUBMITTER = RAY_JOB["spec"]["submitterPodTemplate"]
SETTINGS = [
    {"name": "HOME", "value": "/tmp"},  # noqa: S108 - inside the pod
    {"name": "RAY_task_oom_retries", "value": "0"},
    {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"},
]


def main_of(template: Object) -> Object:
    [container] = template["spec"]["containers"]
    found: Object = container
    return found


def test_cluster_lives_as_long_as_its_search() -> None:
    spec = {key: RAY_JOB["spec"][key] for key in RAY_JOB["spec"].keys() - {"rayClusterSpec"}}
    del spec["submitterPodTemplate"]

    assert spec == {
        "suspend": False,
        "activeDeadlineSeconds": 3600,
        "backoffLimit": 0,
        "shutdownAfterJobFinishes": True,
        "submissionMode": "K8sJobMode",
        "entrypoint": "python -m tidewheel_trainer ray-search --result -",
        "submitterConfig": {"backoffLimit": 2},
    }
    assert (CLUSTER["rayVersion"], CLUSTER["authOptions"]) == ("2.53.0", {"mode": "token"})


def test_ray_job_is_the_runs_own_and_has_a_name_that_kuberay_takes() -> None:
    job = search_job(RUN)
    metadata = RAY_JOB["metadata"]

    assert len(metadata["name"]) == 47
    assert metadata["name"][-11:] == job["metadata"]["name"][-11:]
    assert metadata == {**job["metadata"], "name": metadata["name"]}
    for template in (HEAD, WORKERS["template"], SUBMITTER):
        own = job["spec"]["template"]["metadata"]
        named = {**own["labels"], labels.RAY_JOB: metadata["name"]}
        assert template["metadata"] == {**own, "labels": named}


def test_each_worker_has_what_the_pod_of_an_indexed_job_has_and_memory_for_ray() -> None:
    pod = search_job(RUN)["spec"]["template"]["spec"]
    [container] = pod["containers"]
    counts = (WORKERS["replicas"], WORKERS["minReplicas"], WORKERS["maxReplicas"])

    assert counts == (4, 4, 4)
    assert WORKERS["rayStartParams"] == {"num-cpus": "1", "object-store-memory": "78643200"}
    asked = {"requests": {"cpu": "2", "memory": "5Gi"}, "limits": {"memory": "5Gi"}}
    expected = {**container, "env": [*container["env"], *SETTINGS], "resources": asked}
    del expected["args"]
    assert main_of(WORKERS["template"]) == expected
    left_out = {"restartPolicy", "shareProcessNamespace", "containers"}
    kept = {key: part for key, part in pod.items() if key not in left_out}
    assert WORKERS["template"]["spec"] == {**kept, "containers": [expected]}


def test_head_and_submitter_hold_no_key_and_no_token() -> None:
    for template in (HEAD, SUBMITTER):
        container = main_of(template)
        names = {mount["name"] for mount in container["volumeMounts"]}

        assert container["env"] == SETTINGS
        assert names == {volume["name"] for volume in template["spec"]["volumes"]}
        assert names == {"request", "tmp"}
        assert template["spec"]["automountServiceAccountToken"] is False


def test_no_trial_runs_on_the_head_and_the_submitter_has_a_program_of_its_own() -> None:
    assert CLUSTER["headGroupSpec"]["rayStartParams"] == {
        "dashboard-host": "0.0.0.0",  # noqa: S104 - inside the pod
        "num-cpus": "0",
        "object-store-memory": "78643200",
    }
    submitter = main_of(SUBMITTER)
    assert (submitter["command"], submitter["args"]) == (
        ["python", "-m", "tidewheel_trainer"],
        ["ray-submit"],
    )
    ending = (SUBMITTER["spec"]["restartPolicy"], SUBMITTER["spec"]["activeDeadlineSeconds"])
    assert ending == ("Never", 3600)
    assert "command" not in main_of(HEAD)
    assert "args" not in main_of(HEAD)


def test_ray_job_waits_in_a_queue_as_its_job_would() -> None:
    waiting = on_ray(queued(search_job(RUN), "team-a", "urgent"), 4, RESOURCES)

    assert waiting["spec"]["suspend"] is True
    assert waiting["metadata"]["labels"][labels.QUEUE] == "team-a"
    assert waiting["metadata"]["labels"][labels.QUEUE_PRIORITY] == "urgent"
