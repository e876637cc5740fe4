"""Upstream's manifests of Kueue, as they are installed on one small node."""

from typing import Any

import yaml

from tidewheel_dev import kueue

CONTAINER = {"name": "manager", "command": ["/manager"], "image": "controller:latest"}


def webhooks(*groups: str) -> dict[str, Any]:
    return {
        "kind": "MutatingWebhookConfiguration",
        "webhooks": [{"name": group, "rules": [{"apiGroups": [group]}]} for group in groups],
    }


def test_manager_runs_from_our_image_within_a_small_limit() -> None:
    pod = {"serviceAccountName": "kueue", "containers": [CONTAINER]}
    deployment = {"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": pod}}}

    [found] = kueue.adapted([deployment])

    ours = {
        "name": "manager",
        "command": ["/kueue"],
        "image": "localhost/tidewheel-kueue:dev",
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    spec = {"serviceAccountName": "kueue", "containers": [ours]}
    assert found == {"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": spec}}}


def test_only_jobs_and_kueues_own_kinds_are_looked_at() -> None:
    [found] = kueue.adapted([webhooks("apps", "batch", "kueue.x-k8s.io", "kubeflow.org")])

    assert found == webhooks("batch", "kueue.x-k8s.io")


def test_other_frameworks_are_left_out_of_the_configuration() -> None:
    text = "webhook: {port: 9443}\nintegrations: {frameworks: [batch/job, pod]}\n"

    [found] = kueue.adapted([{"kind": "ConfigMap", "data": {"config.yaml": text}}])

    assert yaml.safe_load(found["data"]["config.yaml"]) == {
        "webhook": {"port": 9443},
        "integrations": {"frameworks": ["batch/job"]},
    }


def test_all_else_stays_but_the_aggregated_api() -> None:
    role = {"kind": "ClusterRole", "rules": []}

    assert kueue.adapted([{"kind": "APIService"}, role]) == [role]
