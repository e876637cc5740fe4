"""The policy that lets nobody decide in the name of another: on by default, and where."""

from collections.abc import Callable
from typing import Any

import pytest

Render = Callable[..., list[dict[str, Any]]]
Only = Callable[[list[dict[str, Any]], str], dict[str, Any]]

POLICY = "ValidatingAdmissionPolicy"
BINDING = "ValidatingAdmissionPolicyBinding"


def test_policy_looks_at_what_is_decided_and_at_nothing_else(render: Render, only: Only) -> None:
    spec = only(render(), POLICY)["spec"]

    assert spec["failurePolicy"] == "Fail"
    assert spec["matchConstraints"] == {
        "resourceRules": [
            {
                "apiGroups": ["tidewheel.dev"],
                "apiVersions": ["*"],
                "resources": ["modelapprovals"],
                "operations": ["CREATE", "UPDATE"],
            }
        ]
    }
    assert len(spec["validations"]) == 2


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
    values: dict[str, Any], bound: dict[str, Any], render: Render, only: Only
) -> None:
    objects = render(values)
    binding, policy = only(objects, BINDING), only(objects, POLICY)

    assert binding["spec"] == {
        "policyName": policy["metadata"]["name"],
        "validationActions": ["Deny"],
        **bound,
    }


def test_policy_is_left_out_when_asked(render: Render) -> None:
    kinds = {one["kind"] for one in render({"approvals": {"callerMustSign": False}})}

    assert not kinds & {POLICY, BINDING}


def test_two_releases_have_a_policy_each(render: Render, only: Only) -> None:
    names = [
        only(render({"nameOverride": name}), kind)["metadata"]["name"]
        for name in ("a", "b")
        for kind in (POLICY, BINDING)
    ]

    assert len(set(names)) == 2
