"""The rights that an installation gives, compared with golden files: a wider rule fails here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tidewheel_operator.runtime import resources
from tidewheel_operator.runtime.resources import RAY_JOBS, WORKLOADS

Render = Callable[..., list[dict[str, Any]]]

GOLDEN = Path(__file__).parent / "golden"
RIGHTS = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}


@pytest.mark.parametrize(
    ("golden", "values"),
    [
        pytest.param("roles-cluster-wide.yaml", {}, id="the whole cluster"),
        pytest.param(
            "roles-namespaced.yaml", {"watchNamespaces": ["ml-a", "ml-b"]}, id="two namespaces"
        ),
    ],
)
def test_rights_are_the_golden_ones(golden: str, values: dict[str, Any], render: Render) -> None:
    expected = list(yaml.safe_load_all((GOLDEN / golden).read_text()))

    rights = _rights(render(values))

    assert rights == expected


def test_namespaced_installation_binds_nothing_of_the_core_role_cluster_wide(
    render: Render,
) -> None:
    objects = render({"watchNamespaces": ["ml-a"], "rbac": {"aggregate": False}})

    cluster_wide = {
        (group, resource)
        for one in objects
        if one["kind"] == "ClusterRole"
        for rule in one["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }

    assert cluster_wide == {
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("authentication.k8s.io", "tokenreviews"),
    }


def test_operator_may_watch_everything_that_it_watches(render: Render) -> None:
    for values in ({}, {"watchNamespaces": ["ml-a"]}):
        (core, *_) = [one for one in render(values) if one["metadata"]["name"].endswith("-core")]
        watched = {
            (group, resource)
            for rule in core["rules"]
            if {"get", "list", "watch"} <= set(rule["verbs"])
            for group in rule["apiGroups"]
            for resource in rule["resources"]
        }

        assert {(one.group, one.plural) for one in resources.RESOURCES} <= watched


def test_workloads_of_kueue_are_read_where_that_is_asked_for(render: Render) -> None:
    for values in ({}, {"watchNamespaces": ["ml-a", "ml-b"]}):
        without, asked = render(values), render({**values, "kueue": {"enabled": True}})

        before, after = (
            {
                one["metadata"]["name"] + one["metadata"].get("namespace", ""): one["rules"]
                for one in objects
                if one["metadata"]["name"].endswith("-core") and "rules" in one
            }
            for objects in (without, asked)
        )

        read = {
            "apiGroups": [WORKLOADS.group],
            "resources": [WORKLOADS.plural],
            "verbs": ["get", "list", "watch"],
        }
        assert after == {name: [*rules, read] for name, rules in before.items()}


def test_ray_jobs_are_made_where_that_is_asked_for(render: Render) -> None:
    for values in ({}, {"watchNamespaces": ["ml-a", "ml-b"]}):
        without, asked = (
            [
                one["rules"]
                for one in render({**values, "rayJob": {"enabled": is_enabled}})
                if one["metadata"]["name"].endswith("-core") and "rules" in one
            ]
            for is_enabled in (False, True)
        )

        made = {
            "apiGroups": [RAY_JOBS.group],
            "resources": [RAY_JOBS.plural],
            "verbs": ["get", "list", "watch", "create", "patch", "delete"],
        }
        assert asked == [[*rules, made] for rules in without]


def test_no_rule_has_a_wildcard_or_reads_secrets(render: Render) -> None:
    for values in ({}, {"watchNamespaces": ["ml-a"]}):
        for one in render(values):
            for rule in one.get("rules", []):
                words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
                forbidden = {"*", "secrets", "pods/log", "pods/exec", "configmaps", "impersonate"}
                assert not words & forbidden, (one["metadata"]["name"], rule)


def test_who_may_edit_may_not_approve(render: Render) -> None:
    writers = {
        one["metadata"]["name"]: one["metadata"]["labels"]
        for one in _rights(render())
        for rule in one.get("rules", [])
        if "modelapprovals" in rule["resources"] and "create" in rule["verbs"]
    }

    assert writers == {
        "ops-tidewheel-approve": {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}
    }


def test_who_may_edit_may_move_an_alias_but_not_delete_its_history(render: Render) -> None:
    writers = {
        (one["metadata"]["name"], tuple(rule["verbs"]))
        for one in _rights(render())
        for rule in one.get("rules", [])
        if "modelaliases" in rule["resources"] and "watch" not in rule["verbs"]
    }

    assert writers == {("ops-tidewheel-edit", ("create", "update", "patch"))}


def test_rights_are_left_to_somebody_else(render: Render) -> None:
    assert _rights(render({"rbac": {"create": False}})) == []


def test_no_token_is_reviewed_without_reports(render: Render) -> None:
    rights = _rights(render({"reports": {"enabled": False}}))

    assert not [one for one in rights if "tokenreviews" in str(one)]


def test_user_roles_are_left_out(render: Render) -> None:
    names = [one["metadata"]["name"] for one in _rights(render({"rbac": {"aggregate": False}}))]

    assert not [name for name in names if name.endswith(("-view", "-edit", "-approve"))]


def _rights(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return roles and bindings without the labels that change with every version."""
    rights = []
    for one in objects:
        if one["kind"] in RIGHTS:
            labels = {
                key: value
                for key, value in one["metadata"].pop("labels").items()
                if key.startswith("rbac.authorization.k8s.io/")
            }
            if labels:
                one["metadata"]["labels"] = labels
            rights.append(one)
    return rights
