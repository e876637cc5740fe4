"""Helm, and the chart rendered with some values. No cluster is needed for that."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]
Render = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def chart(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the chart."""
    return request.config.rootpath / "charts" / "tidewheel"


@pytest.fixture(scope="session")
def helm() -> Run:
    """Return a function that runs helm and returns what it said, good or bad."""
    from tidewheel_dev import toolchain

    program = toolchain.ensure().helm

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], input=stdin, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def template(helm: Run, chart: Path) -> Run:
    """Return a function that renders the chart with some values, whether it works or not."""

    def run(values: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
        release = ["template", "tidewheel", str(chart), "--namespace=ops"]
        return helm(*release, "--values=-", *arguments, stdin=json.dumps(values))

    return run


@pytest.fixture(scope="session")
def render(template: Run) -> Render:
    """Return a function that gives the objects of the chart for some values."""

    def run(values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        done = template(values or {})
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return run


@pytest.fixture(scope="session")
def only() -> Callable[[list[dict[str, Any]], str], dict[str, Any]]:
    """Return a function that picks the one object of a kind."""

    def pick(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        (found,) = [one for one in objects if one["kind"] == kind]
        return found

    return pick
