"""A Job of several pods differs from one of a single pod by how it counts and fails."""

from tests.builders import make_run
from tests.unit.operator.observations import as_sent, search_job, train_job

from tidewheel_operator.manifests.indexed_job import indexed


def test_pods_share_a_job_and_one_that_fails_ends_no_other() -> None:
    job = as_sent(train_job(make_run()))

    shared = indexed(job, 4)

    assert shared == {
        **job,
        "spec": {
            "completionMode": "Indexed",
            "completions": 4,
            "parallelism": 4,
            "backoffLimitPerIndex": 3,
            "activeDeadlineSeconds": 3600,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    },
                    {
                        "action": "Ignore",
                        "onExitCodes": {
                            "containerName": "main",
                            "operator": "In",
                            "values": [143],
                        },
                    },
                    {
                        "action": "FailIndex",
                        "onExitCodes": {
                            "containerName": "main",
                            "operator": "NotIn",
                            "values": [11],
                        },
                    },
                ]
            },
            "template": job["spec"]["template"],
        },
    }


def test_search_runs_the_program_of_trials_in_each_pod() -> None:
    run = make_run(search={"parallelism": 3}, resources={"cpu_milli": 2000, "memory": "4Gi"})

    spec = search_job(run)["spec"]

    [container] = spec["template"]["spec"]["containers"]
    assert (container["args"], spec["completions"]) == (["search"], 3)
    assert container["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}
