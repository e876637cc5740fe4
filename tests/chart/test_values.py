"""The chart's values: documented, closed, and refused with a message that names the mistake."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]

WIDENING = "watchNamespaces must name at least one namespace; set it to null to watch the whole"


def test_chart_passes_the_strict_linter(helm: Run, chart: Path) -> None:
    done = helm("lint", "--strict", str(chart))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            {"replica": 2}, "at '': additional properties 'replica' not allowed", id="unknown value"
        ),
        pytest.param(
            {"operator": {"image": {"name": "x"}}},
            "at '/operator/image': additional properties 'name' not allowed",
            id="unknown nested value",
        ),
        pytest.param(
            {"operator": {"replicas": "1"}},
            "at '/operator/replicas': got string, want integer",
            id="number as text",
        ),
        pytest.param(
            {"operator": {"replicas": -1}},
            "at '/operator/replicas': minimum: got -1, want 0",
            id="less than no replica",
        ),
        pytest.param(
            {"operator": {"replicas": None}},
            "at '/operator': missing property 'replicas'",
            id="replicas left open",
        ),
        pytest.param(
            {"operator": {"podDisruptionBudget": {"enabled": "no"}}},
            "at '/operator/podDisruptionBudget/enabled': got string, want boolean",
            id="budget switched off by a word",
        ),
        pytest.param(
            {"operator": {"podDisruptionBudget": {"minAvailable": 2}}},
            "at '/operator/podDisruptionBudget': additional properties 'minAvailable' not allowed",
            id="budget that would block every drain",
        ),
        pytest.param(
            {"operator": {"writes": {"perSecond": 0}}},
            "at '/operator/writes/perSecond': minimum: got 0, want 1",
            id="no writes at all",
        ),
        pytest.param(
            {"operator": {"writes": {"perSecond": 10001}}},
            "at '/operator/writes/perSecond': maximum: got 10,001, want 10,000",
            id="more writes than any API server takes",
        ),
        pytest.param(
            {"operator": {"writes": {"perSecond": 0.5}}},
            "at '/operator/writes/perSecond': got number, want integer",
            id="half a write",
        ),
        pytest.param(
            {"operator": {"writes": {"burst": 0}}},
            "at '/operator/writes/burst': minimum: got 0, want 1",
            id="a burst of nothing",
        ),
        pytest.param(
            {"operator": {"writes": {"burst": 100001}}},
            "at '/operator/writes/burst': maximum: got 100,001, want 100,000",
            id="a burst without bounds",
        ),
        pytest.param(
            {"crds": {"keep": "false"}},
            "at '/crds/keep': got string, want boolean",
            id="switch as text, which is true in a template",
        ),
        pytest.param(
            {"approvals": {"callerMustSign": "no"}},
            "at '/approvals/callerMustSign': got string, want boolean",
            id="signatures switched off by a word",
        ),
        pytest.param(
            {"kueue": {"enabled": "yes"}},
            "at '/kueue/enabled': got string, want boolean",
            id="Kueue switched on by a word",
        ),
        pytest.param(
            {"rayJob": {"operatorNamespace": "*"}},
            "at '/rayJob/operatorNamespace': '*' does not match pattern "
            "'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'",
            id="KubeRay anywhere",
        ),
        pytest.param(
            {"trainer": {"image": {"digest": "latest"}}},
            "at '/trainer/image/digest': 'latest' does not match pattern "
            "'^(sha256:[0-9a-f]{64})?$'",
            id="digest that is none",
        ),
        pytest.param(
            {"imagePullPolicy": "Sometimes"},
            "at '/imagePullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'",
            id="unknown pull policy",
        ),
        pytest.param(
            {"watchNamespaces": []},
            "at '/watchNamespaces': minItems: got 0, want 1",
            id="no namespaces",
        ),
        pytest.param(
            {"egress": {"allow": ["a,b"]}},
            "at '/egress/allow/0': 'a,b' does not match pattern "
            "'^[A-Za-z0-9*:\\\\[][A-Za-z0-9.:/_\\\\[\\\\]-]*$'",
            id="two hosts in one entry",
        ),
        pytest.param(
            {"egress": {"clusterRanges": []}},
            "at '/egress/clusterRanges': minItems: got 0, want 1",
            id="a cluster without addresses",
        ),
        pytest.param(
            {"networkPolicy": {"enabled": "no"}},
            "at '/networkPolicy/enabled': got string, want boolean",
            id="policy switched off by a word",
        ),
        pytest.param(
            {"watchNamespaces": "ml"},
            "at '/watchNamespaces': got string, want null or array",
            id="namespaces as text",
        ),
    ],
)
def test_wrong_value_is_refused(values: dict[str, Any], message: str, template: Run) -> None:
    done = template(values)

    assert done.returncode != 0
    assert done.stderr.strip() == (
        "Error: values don't meet the specifications of the schema(s) in the following chart(s):\n"
        f"tidewheel:\n- {message}"
    )


@pytest.mark.parametrize("namespaces", [[], [""], ["ml", ""], "", "ml", {}])
def test_namespaces_without_names_never_open_the_cluster(namespaces: object, template: Run) -> None:
    done = template({"watchNamespaces": namespaces}, "--skip-schema-validation")

    assert done.returncode != 0
    assert WIDENING in done.stderr


def test_every_value_is_documented(chart: Path) -> None:
    text = (chart / "values.yaml").read_text()
    lines = text.splitlines()

    undocumented = {
        path
        for path, line in _values(yaml.compose(text)).items()
        if not _comment_above(lines, line).startswith("# -- ")
    }

    assert undocumented == set()


def test_schema_and_values_name_the_same_things(chart: Path) -> None:
    schema = json.loads((chart / "values.schema.json").read_text())
    values = _values(yaml.compose((chart / "values.yaml").read_text()))

    # `global` is what Helm itself puts there when the chart is part of another.
    assert _names(schema, schema["$defs"]) - {"global"} == values.keys()


def _values(node: yaml.Node | None, path: str = "") -> dict[str, int]:
    """Return the line of every value; what is Kubernetes' own, such as resources, counts as one."""
    assert isinstance(node, yaml.MappingNode)
    found: dict[str, int] = {}
    for key, value in node.value:
        name = f"{path}.{key.value}".lstrip(".")
        is_group = isinstance(value, yaml.MappingNode) and value.value
        if is_group and key.value != "resources":
            found |= _values(value, name)
        else:
            found[name] = key.start_mark.line
    return found


def _comment_above(lines: list[str], line: int) -> str:
    comment = ""
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        comment = lines[line].strip()
    return comment


def _names(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> set[str]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "properties" not in schema:
        return {path}
    return {
        name
        for key, part in schema["properties"].items()
        for name in _names(part, definitions, f"{path}.{key}".lstrip("."))
    }
