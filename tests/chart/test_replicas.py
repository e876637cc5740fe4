"""Two replicas and what belongs to them: rollout, budget, spread, Lease, probes, time to end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
Render = Callable[..., list[dict[str, Any]]]
Only = Callable[[list[dict[str, Any]], str], dict[str, Any]]

SELECTOR = {
    "matchLabels": {
        "app.kubernetes.io/name": "tidewheel",
        "app.kubernetes.io/instance": "tidewheel",
    }
}


def test_two_replicas_are_replaced_one_after_the_other(render: Render, only: Only) -> None:
    spec = only(render(), "Deployment")["spec"]
    del spec["template"]

    assert spec == {
        "replicas": 2,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "selector": SELECTOR,
    }


@pytest.mark.parametrize("replicas", [2, 3, 1000000])
def test_a_drain_takes_one_of_many_replicas_at_a_time(
    replicas: int, render: Render, only: Only
) -> None:
    objects = render({"operator": {"replicas": replicas}})
    budget = only(objects, "PodDisruptionBudget")

    assert only(objects, "Deployment")["spec"]["replicas"] == replicas
    assert (budget["metadata"]["name"], budget["metadata"]["namespace"]) == ("tidewheel", "ops")
    assert budget["spec"] == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": SELECTOR,
    }


@pytest.mark.parametrize(
    "operator",
    [
        pytest.param({"replicas": 0}, id="paused"),
        pytest.param({"replicas": 1}, id="one replica, which a budget would nail to its node"),
        pytest.param({"podDisruptionBudget": {"enabled": False}}, id="switched off"),
    ],
)
def test_no_budget_holds_up_a_drain(operator: dict[str, Any], render: Render, only: Only) -> None:
    objects = render({"operator": operator})

    assert only(objects, "Deployment")["spec"]["replicas"] == operator.get("replicas", 2)
    assert [one for one in objects if one["kind"] == "PodDisruptionBudget"] == []


def test_replicas_prefer_nodes_of_their_own(render: Render, only: Only) -> None:
    assert _pod(only(render(), "Deployment"))["affinity"] == {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 100,
                    "podAffinityTerm": {
                        "topologyKey": "kubernetes.io/hostname",
                        "labelSelector": SELECTOR,
                    },
                }
            ]
        }
    }


def test_probes_and_the_time_to_end_fit_a_leader(render: Render, only: Only) -> None:
    pod = _pod(only(render(), "Deployment"))
    (container,) = pod["containers"]

    assert pod["terminationGracePeriodSeconds"] == 30
    assert container["livenessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "http"},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 6,
    }
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/readyz", "port": "http"},
        "periodSeconds": 5,
        "timeoutSeconds": 3,
    }


@pytest.mark.parametrize("watched", [None, ["ml-a", "ml-b"]])
@pytest.mark.parametrize(
    ("release", "lease"),
    [
        ("tidewheel", "tidewheel-operator"),
        ("blue", "blue-tidewheel-operator"),
        ("green", "green-tidewheel-operator"),
        (53 * "x", f"{40 * 'x'}-operator"),
    ],
)
def test_every_release_elects_by_a_lease_of_its_own(
    release: str, lease: str, watched: list[str] | None, helm: Run, chart: Path, only: Only
) -> None:
    values = yaml.safe_dump({"watchNamespaces": watched})

    done = helm("template", release, str(chart), "--namespace=ops", "--values=-", stdin=values)

    objects = [document for document in yaml.safe_load_all(done.stdout) if document]
    (container,) = _pod(only(objects, "Deployment"))["containers"]
    told = [entry for entry in container["env"] if entry["name"] == "TIDEWHEEL_LEASE_NAME"]
    assert told == [{"name": "TIDEWHEEL_LEASE_NAME", "value": lease}]
    roles = [one for one in objects if one["kind"] == "Role"]
    (election,) = [one for one in roles if one["metadata"]["name"].endswith("-election")]
    assert election["metadata"]["namespace"] == "ops"
    assert election["rules"][0]["resourceNames"] == [lease]


@pytest.mark.parametrize(("replicas", "is_paused"), [(2, False), (0, True)])
def test_notes_tell_where_the_leader_is_named_and_of_a_pause(
    replicas: int, is_paused: bool, helm: Run, chart: Path
) -> None:
    done = helm(
        *["install", "blue", str(chart), "--namespace=ops", "--dry-run=client"],
        f"--set=operator.replicas={replicas}",
    )

    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:")[2]
    assert "kubectl --namespace ops get lease blue-tidewheel-operator" in notes
    assert ("It is paused (operator.replicas=0)" in notes) is is_paused


def _pod(deployment: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return pod
