"""Every example is an object that the contracts accept, with no field that they do not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tidewheel_contracts.api.kind import GROUP
from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_dev import paths
from tidewheel_trainer.train.estimator_list import ALLOWED

EXAMPLES = paths.REPOSITORY / "examples"
MODELS = {kind.name: kind.spec for kind in KINDS}


def objects() -> Iterator[Any]:
    for file in sorted(EXAMPLES.rglob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if str(document.get("apiVersion", "")).startswith(f"{GROUP}/"):
                yield pytest.param(document, id=f"{file.name}-{document['metadata']['name']}")


@pytest.mark.parametrize("document", list(objects()))
def test_example_is_valid(document: dict[str, Any]) -> None:
    spec = MODELS[document["kind"]].model_validate(document["spec"])
    assert unknown_fields(document["spec"], spec.to_wire()) == []


def test_every_example_file_was_looked_at() -> None:
    names = {file.name for file in EXAMPLES.rglob("*.yaml")}
    assert {"dataset.yaml", "pipeline.yaml", "artifact-store.yaml", "worse-run.yaml"} <= names
    assert len(list(objects())) >= 5


def test_examples_of_a_number_train_regressors_that_the_trainer_allows() -> None:
    pipeline = yaml.safe_load((EXAMPLES / "rentals" / "pipeline.yaml").read_text())
    names = [each["estimator"] for each in pipeline["spec"]["training"]["candidates"]]
    assert {ALLOWED[name].task for name in names} == {Task.REGRESSION}


def test_receiver_shows_its_token_and_keeps_every_alert() -> None:
    config = yaml.safe_load(Path(EXAMPLES / "alertmanager/receiver.yaml").read_text())
    [webhook] = config["receivers"][0]["webhook_configs"]
    assert webhook["max_alerts"] == 0
    assert set(webhook["http_config"]["authorization"]) == {"type", "credentials_file"}
    assert webhook["url"].endswith(":8090/alerts/demo")


def unknown_fields(written: object, known: object, path: str = "spec") -> list[str]:
    """Return fields of the file that the model dropped: typing errors that nobody would see."""
    if isinstance(written, dict) and isinstance(known, dict):
        lost = [f"{path}.{key}" for key in written.keys() - known.keys()]
        shared = [
            unknown_fields(written[k], known[k], f"{path}.{k}") for k in written if k in known
        ]
        return [*lost, *(name for part in shared for name in part)]
    if isinstance(written, list) and isinstance(known, list):
        pairs = zip(written, known, strict=True)
        return [n for i, (a, b) in enumerate(pairs) for n in unknown_fields(a, b, f"{path}[{i}]")]
    return []
