"""Objects that nobody writes by hand: too long, too deep, too large."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]

VALID = Path(__file__).parent / "valid"
RUN = 'The TrainingRun "flight-delay-demand-1" is invalid: '


def test_ten_thousand_candidates_are_refused(kubectl: Run, shared_namespace: str) -> None:
    run = _run()
    run["spec"]["candidates"] = [{"name": f"c{n}", "estimator": "a.B"} for n in range(10_000)]

    answer = _create(kubectl, shared_namespace, run).stderr.splitlines()

    assert answer[0] == RUN
    assert "* spec.candidates: Too many: 10000: must have at most 20 items" in answer


def test_a_column_name_of_a_megabyte_is_refused(kubectl: Run, shared_namespace: str) -> None:
    run = _run()
    run["spec"]["features"] = {"numeric": ["x" * 1_000_000]}

    answer = _create(kubectl, shared_namespace, run).stderr.splitlines()

    assert answer[0] == RUN
    assert "* spec.features.numeric[0]: Too long: may not be more than 128 bytes" in answer


def test_deep_parameters_are_stored_as_they_are(kubectl: Run, shared_namespace: str) -> None:
    run = _run()
    deep: dict[str, Any] = {}
    for level in range(50):
        deep = {"level": level, "inner": deep}
    run["spec"]["candidates"][0]["parameters"] = deep

    done = _create(kubectl, shared_namespace, run)

    assert done.stderr == ""
    assert json.loads(done.stdout)["spec"]["candidates"][0]["parameters"] == deep


def test_a_thousand_steps_are_refused(kubectl: Run, shared_namespace: str) -> None:
    dataset = _dataset()
    dataset["spec"]["steps"] = [{"dropDuplicates": {}}] * 1000

    answer = _create(kubectl, shared_namespace, dataset).stderr.splitlines()

    assert "* spec.steps: Too many: 1000: must have at most 32 items" in answer


def test_the_largest_dataset_is_stored_as_it_is(kubectl: Run, shared_namespace: str) -> None:
    """Every list full, every text as long as it may be."""
    dataset = _dataset()
    columns = [f"{number:0128}" for number in range(512)]
    dataset["spec"]["steps"] = [{"select": {"columns": columns}}] * 8
    dataset["spec"]["checks"] = {
        "columns": [{"column": name, "pattern": 512 * "x"} for name in columns[:256]]
    }

    done = _create(kubectl, shared_namespace, dataset)

    assert done.stderr == ""
    assert json.loads(done.stdout)["spec"]["steps"] == dataset["spec"]["steps"]


def test_deep_filter_of_documents_is_stored_as_it_is(kubectl: Run, shared_namespace: str) -> None:
    dataset = _dataset()
    deep: dict[str, Any] = {"$exists": True}
    for level in range(50):
        deep = {"$or": [{f"field{level}": None}, deep]}
    dataset["spec"]["source"] = {
        "mongo": {
            "servers": ["db.test:27017"],
            "database": "d",
            "collection": "c",
            "filter": deep,
        }
    }

    done = _create(kubectl, shared_namespace, dataset)

    assert done.stderr == ""
    assert json.loads(done.stdout)["spec"]["source"]["mongo"]["filter"] == deep


def _dataset() -> dict[str, Any]:
    dataset: dict[str, Any] = yaml.safe_load((VALID / "dataset-smallest.yaml").read_text())
    return dataset


def _run() -> dict[str, Any]:
    run: dict[str, Any] = yaml.safe_load((VALID / "trainingrun-smallest.yaml").read_text())
    return run


def _create(
    kubectl: Run, namespace: str, document: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    arguments = [f"--namespace={namespace}", "--dry-run=server", "--output=json"]
    return kubectl("create", *arguments, "-f", "-", stdin=json.dumps(document))
