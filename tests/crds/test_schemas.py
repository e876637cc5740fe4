"""Every file of valid/ is accepted by a real API server, every file of invalid/ is refused.

The first comment lines of an invalid file are the whole answer that its author gets to read.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tidewheel_contracts.api.kind import Kind
from tidewheel_contracts.api.v1alpha1 import KINDS

Run = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").glob("*.yaml"))
INVALID = sorted((HERE / "invalid").glob("*.yaml"))
SOURCES = sorted((HERE.parents[1] / "examples" / "sources").glob("*.yaml"))
SPECS = {kind.name: kind.spec for kind in KINDS}


def test_examples_are_found() -> None:
    assert len(VALID) >= 2 * len(KINDS)
    assert len(INVALID) > len(VALID)


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_valid_object_is_accepted_as_the_operator_reads_it(
    file: Path, kubectl: Run, shared_namespace: str
) -> None:
    # Server-side, because the older way of applying drops every null from the parameters.
    done = _apply(kubectl, shared_namespace, file.read_text(), "--server-side", "--output=json")

    assert done.stderr == ""
    written = yaml.safe_load(file.read_text())
    # The schema's defaults and the models' defaults are one set of defaults.
    read = SPECS[written["kind"]].model_validate(written["spec"])
    assert json.loads(done.stdout)["spec"] == read.to_wire()


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_example_of_a_source_is_accepted(file: Path, kubectl: Run, shared_namespace: str) -> None:
    done = _apply(kubectl, shared_namespace, file.read_text(), "--validate=strict")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_invalid_object_is_refused_with_a_readable_message(
    file: Path, kubectl: Run, shared_namespace: str
) -> None:
    text = file.read_text()

    done = _apply(kubectl, shared_namespace, text)

    # The API server lists several faults of one object in no fixed order.
    assert sorted(map(str.rstrip, done.stderr.splitlines())) == sorted(_expected(text))
    assert done.returncode != 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_rule_of_a_kind_is_broken_by_some_file(kind: Kind) -> None:
    definition = yaml.safe_load((HERE.parents[1] / "crds" / f"{kind.plural}.yaml").read_text())
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    broken = "\n".join(file.read_text() for file in INVALID)

    unbroken = {
        rule["message"]
        for node in _nodes(schema)
        for rule in node.get("x-kubernetes-validations", [])
        # Rules about change need an object to change: test_updates.py.
        if "oldSelf" not in rule["rule"] and rule["message"] not in broken
    }

    assert unbroken == set()


def _apply(
    kubectl: Run, namespace: str, text: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return kubectl(
        "apply", f"--namespace={namespace}", "--dry-run=server", *arguments, "-f", "-", stdin=text
    )


def _expected(text: str) -> list[str]:
    """Return the comment lines that a file begins with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("# "):
            break
        lines.append(line.removeprefix("# "))
    return lines


def _nodes(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema and all schemas inside it."""
    inner = list(schema.get("properties", {}).values())
    if "items" in schema:
        inner.append(schema["items"])
    return [schema, *(node for part in inner for node in _nodes(part))]
