"""The chart brings the custom resource definitions, exactly as they are in crds/."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tidewheel_contracts import generate

Render = Callable[..., list[dict[str, Any]]]


def test_definitions_are_those_of_the_repository(
    render: Render, request: pytest.FixtureRequest
) -> None:
    folder = request.config.rootpath / "crds"
    expected = {
        file.stem: yaml.safe_load(file.read_text())["spec"] for file in folder.glob("*.yaml")
    }

    assert {one["spec"]["names"]["plural"]: one["spec"] for one in _crds(render())} == expected


def test_definitions_outlive_the_release_by_default(render: Render) -> None:
    for one in _crds(render()):
        assert one["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_definitions_go_with_the_release_when_asked(render: Render) -> None:
    crds = _crds(render({"crds": {"keep": False}}))

    assert crds
    assert all("annotations" not in one["metadata"] for one in crds)


def test_definitions_are_left_out_when_asked(render: Render) -> None:
    assert _crds(render({"crds": {"enabled": False}})) == []


def test_braces_of_a_description_reach_the_definition(
    helm: Callable[..., Any], tmp_path: Any
) -> None:
    description = 'Text with {{ .Values.secret }}, }} and {{ "{{" }} stays as it is.'
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"description": description},
    }
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: braces\nversion: 0.1.0\n")
    (tmp_path / "values.yaml").write_text("crds: {enabled: true, keep: true}\n")
    (tmp_path / "templates" / "_labels.tpl").write_text(
        '{{ define "tidewheel.labels" }}app: braces{{ end }}'
    )
    (tmp_path / "templates" / "crd.yaml").write_text(generate.chart_template(definition))

    done = helm("template", str(tmp_path))

    assert done.stderr == ""
    assert yaml.safe_load(done.stdout)["spec"]["description"] == description


def _crds(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in objects if one["kind"] == "CustomResourceDefinition"]
