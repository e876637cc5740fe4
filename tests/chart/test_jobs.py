"""The NetworkPolicy of Jobs: whom it selects, what it blocks, and where it is."""

from collections.abc import Callable
from typing import Any

import pytest

from tidewheel_contracts import labels

Render = Callable[..., list[dict[str, Any]]]
Only = Callable[[list[dict[str, Any]], str], dict[str, Any]]

REPORTS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}},
            "podSelector": {
                "matchLabels": {
                    "app.kubernetes.io/name": "tidewheel",
                    "app.kubernetes.io/instance": "tidewheel",
                }
            },
        }
    ],
    "ports": [{"protocol": "TCP", "port": 8091}],
}
DNS = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}


def test_pods_of_jobs_accept_nothing_and_reach_all_but_metadata(render: Render, only: Only) -> None:
    policy = only(render({"watchNamespaces": ["ml"]}), "NetworkPolicy")

    assert (policy["metadata"]["name"], policy["metadata"]["namespace"]) == (
        "ops-tidewheel-jobs",
        "ml",
    )
    assert policy["spec"] == {
        "podSelector": {
            "matchLabels": {labels.MANAGED_BY: labels.MANAGER},
            "matchExpressions": [
                {"key": labels.OWNER_KIND, "operator": "In", "values": ["Dataset", "TrainingRun"]}
            ],
        },
        "policyTypes": ["Ingress", "Egress"],
        "egress": [
            DNS,
            {
                "to": [
                    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}},
                    {"ipBlock": {"cidr": "::/0", "except": ["fd00:ec2::254/128"]}},
                ]
            },
            REPORTS,
        ],
    }


def test_blocked_ranges_are_told_by_family(render: Render, only: Only) -> None:
    values = {
        "watchNamespaces": ["ml"],
        "networkPolicy": {"blockedRanges": ["192.0.2.7/32", "169.254.0.0/16"]},
    }

    [_, rule, reports] = only(render(values), "NetworkPolicy")["spec"]["egress"]

    assert reports == REPORTS
    assert rule["to"] == [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["192.0.2.7/32", "169.254.0.0/16"]}},
        {"ipBlock": {"cidr": "::/0"}},
    ]


def test_nothing_is_opened_for_reports_that_are_switched_off(render: Render, only: Only) -> None:
    values = {"watchNamespaces": ["ml"], "reports": {"enabled": False}}

    assert len(only(render(values), "NetworkPolicy")["spec"]["egress"]) == 2


def test_pods_of_a_ray_cluster_reach_one_another_and_kuberay_their_dashboard(
    render: Render,
) -> None:
    values = {"watchNamespaces": ["ml"], "rayJob": {"enabled": True, "operatorNamespace": "ray"}}

    [policy] = [
        one
        for one in render(values)
        if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "ops-tidewheel-ray"
    ]

    pods = {
        "matchLabels": {labels.MANAGED_BY: labels.MANAGER},
        "matchExpressions": [{"key": labels.RAY_JOB, "operator": "Exists"}],
    }
    of_kuberay = {"matchLabels": {"kubernetes.io/metadata.name": "ray"}}
    assert policy["spec"] == {
        "podSelector": pods,
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [{"podSelector": pods}]},
            {
                "from": [{"namespaceSelector": of_kuberay}],
                "ports": [{"protocol": "TCP", "port": 8265}],
            },
        ],
    }


@pytest.mark.parametrize(
    ("values", "namespaces"),
    [
        pytest.param({}, [], id="the whole cluster, of which nobody knows the namespaces"),
        pytest.param({"watchNamespaces": ["a", "b"]}, ["a", "b"], id="every watched one"),
        pytest.param({"networkPolicy": {"namespaces": ["c"]}}, ["c"], id="those that are named"),
        pytest.param(
            {"watchNamespaces": ["a", "b"], "networkPolicy": {"namespaces": ["a"]}},
            ["a"],
            id="some of the watched ones",
        ),
        pytest.param(
            {"watchNamespaces": ["a"], "networkPolicy": {"enabled": False}}, [], id="switched off"
        ),
    ],
)
def test_policy_is_in(values: dict[str, Any], namespaces: list[str], render: Render) -> None:
    found = [
        one["metadata"]["namespace"] for one in render(values) if one["kind"] == "NetworkPolicy"
    ]

    assert found == namespaces
