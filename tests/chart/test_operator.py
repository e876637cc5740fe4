"""The operator's Deployment and Service, as far as values change them."""

from collections.abc import Callable
from typing import Any

import pytest

Render = Callable[..., list[dict[str, Any]]]
Only = Callable[[list[dict[str, Any]], str], dict[str, Any]]

DIGEST = "sha256:" + 64 * "a"


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        pytest.param({}, "tidewheel/operator:0.1.0", id="the chart's version by default"),
        pytest.param({"tag": "dev"}, "tidewheel/operator:dev", id="a tag"),
        pytest.param(
            {"tag": "dev", "digest": DIGEST},
            f"tidewheel/operator@{DIGEST}",
            id="the digest wins over the tag",
        ),
        pytest.param(
            {"registry": "registry.example.com:5000", "repository": "ml/op"},
            "registry.example.com:5000/ml/op:0.1.0",
            id="a registry",
        ),
    ],
)
def test_image_is_named_in_one_way(
    image: dict[str, Any], reference: str, render: Render, only: Only
) -> None:
    deployment = only(render({"operator": {"image": image}}), "Deployment")

    assert _container(deployment)["image"] == reference


def test_operator_is_told_its_settings(render: Render, only: Only) -> None:
    values = {
        "trainer": {"image": {"digest": DIGEST}},
        "server": {"image": {"tag": "dev"}},
        "imagePullPolicy": "Never",
        "watchNamespaces": ["ml-a", "ml-b"],
        "operator": {"writes": {"perSecond": 1, "burst": 100000}},
        "egress": {"allow": ["db.data.svc:5432", "*.example.com"]},
        "kueue": {"enabled": True},
        "rayJob": {"enabled": True},
    }

    deployment = only(render(values), "Deployment")

    assert _environment(deployment) == {
        "TIDEWHEEL_POD_NAME": "metadata.name",
        "TIDEWHEEL_POD_NAMESPACE": "metadata.namespace",
        "TIDEWHEEL_LEASE_NAME": "tidewheel-operator",
        "TIDEWHEEL_WRITES_PER_SECOND": "1",
        "TIDEWHEEL_WRITE_BURST": "100000",
        "TIDEWHEEL_TRAINER_IMAGE": f"tidewheel/trainer@{DIGEST}",
        "TIDEWHEEL_SERVER_IMAGE": "tidewheel/server:dev",
        "TIDEWHEEL_IMAGE_PULL_POLICY": "Never",
        "TIDEWHEEL_WATCH_NAMESPACES": "ml-a,ml-b",
        "TIDEWHEEL_EGRESS_ALLOW": "db.data.svc:5432,*.example.com",
        "TIDEWHEEL_EGRESS_CLUSTER_RANGES": "10.96.0.0/12,10.244.0.0/16",
        "TIDEWHEEL_KUEUE": "true",
        "TIDEWHEEL_RAY_JOBS": "true",
        "TIDEWHEEL_HTTP_PORT": "8080",
        "TIDEWHEEL_REPORT_PORT": "8091",
        "TIDEWHEEL_REPORT_URL": "http://tidewheel.ops.svc:8091",
    }
    assert _container(deployment)["imagePullPolicy"] == "Never"


def test_alert_endpoint_is_off_by_default(render: Render, only: Only) -> None:
    objects = render()
    deployment = only(objects, "Deployment")

    names = ["http", "reports"]
    assert [port["name"] for port in only(objects, "Service")["spec"]["ports"]] == names
    assert [port["name"] for port in _container(deployment)["ports"]] == names
    assert "TIDEWHEEL_ALERT_TOKENS_FILE" not in _environment(deployment)
    assert [volume["name"] for volume in _pod(deployment)["volumes"]] == ["tmp"]


def test_alert_endpoint_is_on_with_a_token_secret(render: Render, only: Only) -> None:
    objects = render({"alerts": {"tokensSecret": "alert-tokens"}})
    deployment = only(objects, "Deployment")

    assert only(objects, "Service")["spec"]["ports"][1:-1] == [
        {"name": "alerts", "port": 8090, "targetPort": "alerts"}
    ]
    assert _container(deployment)["ports"][1:-1] == [{"name": "alerts", "containerPort": 8090}]
    environment = _environment(deployment)
    assert environment["TIDEWHEEL_ALERT_PORT"] == "8090"
    assert environment["TIDEWHEEL_ALERT_TOKENS_FILE"] == "/etc/tidewheel/alerts/tokens.json"
    assert _container(deployment)["volumeMounts"][1:] == [
        {"name": "alert-tokens", "mountPath": "/etc/tidewheel/alerts", "readOnly": True}
    ]
    assert _pod(deployment)["volumes"][1:] == [
        {
            "name": "alert-tokens",
            "secret": {
                "secretName": "alert-tokens",
                "items": [{"key": "tokens.json", "path": "tokens.json"}],
            },
        }
    ]


def test_reports_of_jobs_are_taken_by_default(render: Render, only: Only) -> None:
    objects = render()

    assert only(objects, "Service")["spec"]["ports"][-1] == {
        "name": "reports",
        "port": 8091,
        "targetPort": "reports",
    }
    [*_, port] = _container(only(objects, "Deployment"))["ports"]
    assert port == {"name": "reports", "containerPort": 8091}


def test_reports_can_be_switched_off(render: Render, only: Only) -> None:
    objects = render({"reports": {"enabled": False}})
    deployment = only(objects, "Deployment")

    assert [port["name"] for port in only(objects, "Service")["spec"]["ports"]] == ["http"]
    assert [port["name"] for port in _container(deployment)["ports"]] == ["http"]
    assert not [name for name in _environment(deployment) if "REPORT" in name]


def test_service_selects_the_operator_pods(render: Render, only: Only) -> None:
    objects = render()
    labels = only(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]

    assert only(objects, "Service")["spec"]["selector"].items() <= labels.items()


@pytest.mark.parametrize(
    ("account", "name"),
    [
        pytest.param({}, "tidewheel", id="of the release's name"),
        pytest.param({"name": "wheel"}, "wheel", id="of a chosen name"),
        pytest.param({"create": False, "name": "mine"}, "mine", id="of somebody else"),
    ],
)
def test_rights_go_to_the_operator_account(
    account: dict[str, Any], name: str, render: Render, only: Only
) -> None:
    objects = render({"serviceAccount": account})

    created = [one["metadata"]["name"] for one in objects if one["kind"] == "ServiceAccount"]
    bindings = [one for one in objects if one["kind"] == "ClusterRoleBinding"]

    assert created == ([name] if account.get("create", True) else [])
    assert _pod(only(objects, "Deployment"))["serviceAccountName"] == name
    assert {one["subjects"][0]["name"] for one in bindings} == {name}
    assert {one["subjects"][0]["namespace"] for one in bindings} == {"ops"}


def test_only_the_operator_pod_gets_a_token(render: Render, only: Only) -> None:
    objects = render()

    assert only(objects, "ServiceAccount")["automountServiceAccountToken"] is False
    assert _pod(only(objects, "Deployment"))["automountServiceAccountToken"] is True


def test_pod_settings_reach_the_pod(render: Render, only: Only) -> None:
    toleration = {"key": "dedicated", "operator": "Exists"}
    affinity: dict[str, Any] = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}
    }
    values = {
        "podAnnotations": {"team": "ml"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [toleration],
        "affinity": affinity,
        "resources": {"limits": {"memory": "1Gi"}},
    }

    deployment = only(render({"operator": values}), "Deployment")

    assert deployment["spec"]["template"]["metadata"]["annotations"] == {"team": "ml"}
    assert _pod(deployment)["nodeSelector"] == {"disk": "ssd"}
    assert _pod(deployment)["tolerations"] == [toleration]
    assert _pod(deployment)["affinity"] == affinity
    assert _container(deployment)["resources"]["limits"] == {"memory": "1Gi"}


def _pod(deployment: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return pod


def _container(deployment: dict[str, Any]) -> dict[str, Any]:
    (container,) = _pod(deployment)["containers"]
    found: dict[str, Any] = container
    return found


def _environment(deployment: dict[str, Any]) -> dict[str, str]:
    """Return the value of every variable, or the field of the pod that it is taken from."""
    return {
        entry["name"]: entry["value"]
        if "value" in entry
        else entry["valueFrom"]["fieldRef"]["fieldPath"]
        for entry in _container(deployment)["env"]
    }
