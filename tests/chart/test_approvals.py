"""The policies that let nobody act in the name of another: on by default, and where."""

from collections.abc import Callable
from typing import Any

import pytest

Render = Callable[..., list[dict[str, Any]]]

POLICY = "ValidatingAdmissionPolicy"
BINDING = "ValidatingAdmissionPolicyBinding"
every_policy = pytest.mark.parametrize("name", ["approvals", "aliases", "imports"])


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Return the object of a kind whose name ends like this."""
    (found,) = [
        one
        for one in objects
        if one["kind"] == kind and one["metadata"]["name"].endswith(f"-{name}")
    ]
    return found


@pytest.mark.parametrize(
    ("name", "resource", "operations", "rules"),
    [
        ("approvals", "modelapprovals", ["CREATE", "UPDATE"], 2),
        ("aliases", "modelaliases", ["CREATE", "UPDATE"], 1),
        ("imports", "trainingruns", ["CREATE"], 1),
    ],
)
def test_policy_looks_at_what_is_signed_and_at_nothing_else(
    name: str, resource: str, operations: list[str], rules: int, render: Render
) -> None:
    spec = named(render(), POLICY, name)["spec"]

    assert spec["failurePolicy"] == "Fail"
    assert spec["matchConstraints"] == {
        "resourceRules": [
            {
                "apiGroups": ["tidewheel.dev"],
                "apiVersions": ["*"],
                "resources": [resource],
                "operations": operations,
            }
        ]
    }
    assert len(spec["validations"]) == rules


@every_policy
@pytest.mark.parametrize(
    ("values", "bound"),
    [
        pytest.param({}, {}, id="everywhere"),
        pytest.param(
            {"watchNamespaces": ["ml-a", "ml-b"]},
            {
                "matchResources": {
                    "namespaceSelector": {
                        "matchExpressions": [
                            {
                                "key": "kubernetes.io/metadata.name",
                                "operator": "In",
                                "values": ["ml-a", "ml-b"],
                            }
                        ]
                    }
                }
            },
            id="in the namespaces of the operator",
        ),
    ],
)
def test_policy_denies(
    values: dict[str, Any], bound: dict[str, Any], name: str, render: Render
) -> None:
    objects = render(values)
    binding, policy = named(objects, BINDING, name), named(objects, POLICY, name)

    assert binding["spec"] == {
        "policyName": policy["metadata"]["name"],
        "validationActions": ["Deny"],
        **bound,
    }


def test_policies_are_left_out_when_asked(render: Render) -> None:
    kinds = {one["kind"] for one in render({"approvals": {"callerMustSign": False}})}

    assert not kinds & {POLICY, BINDING}


@every_policy
def test_two_releases_have_a_policy_each(name: str, render: Render) -> None:
    names = [
        named(render({"nameOverride": release}), kind, name)["metadata"]["name"]
        for release in ("a", "b")
        for kind in (POLICY, BINDING)
    ]

    assert len(set(names)) == 2
