"""A real server keeps every promise of the OpenAPI document, whatever schemathesis sends."""

import subprocess
from pathlib import Path
from typing import Any

import yaml
from tests.clients.environment import program

from tidewheel_dev import paths
from tidewheel_server.model_state import Identity
from tidewheel_server.protocol.routes import routes_of

DOCUMENT = paths.REPOSITORY / "docs" / "serving-openapi.yaml"


def test_document_has_every_path_of_the_server() -> None:
    document = yaml.safe_load(DOCUMENT.read_text())
    served = routes_of(Identity("{model}", "{version}", "", "a"))

    assert sorted(document["paths"]) == sorted(served)
    for path, route in served.items():
        methods = {method.upper() for method in document["paths"][path]} - {"PARAMETERS"}
        assert (path, methods) == (path, set(route.methods) - {"HEAD"})


def test_server_answers_as_the_document_says(server: Any, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(program("schemathesis", "st"), "--config-file"),
            *(paths.REPOSITORY / "tests/clients/schemathesis.toml", "run", DOCUMENT),
            *("--url", f"http://127.0.0.1:{server.port}", "--phases", "examples,coverage,fuzzing"),
            # What fits the document may still lack the model's columns.
            *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
            *("--no-color", "--warnings", "off"),
        ],
        cwd=tmp_path,  # it leaves a folder of what it found
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
