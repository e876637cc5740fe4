"""The requests that docs/serving.md shows are answered."""

import re
from dataclasses import replace

import orjson
import pytest

from tidewheel_dev import paths
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import infer, predict_instances
from tidewheel_server.tensors import input_tensors

REQUESTS = re.findall(
    r"curl \S+?(/infer|:predict) -d '(.+?)'",
    (paths.REPOSITORY / "docs/serving.md").read_text(),
    re.S,
)


def test_all_ways_to_send_rows_are_shown() -> None:
    assert [call for call, _ in REQUESTS] == ["/infer", "/infer", ":predict"]


@pytest.mark.parametrize(("call", "body"), REQUESTS)
def test_shown_request_is_answered(model: ServedModel, call: str, body: str) -> None:
    columns = ("delay", "seats", "night") if '"rows"' in body else ("delay", "carrier")
    inputs = tuple(column for column in model.manifest.inputs if column.name in columns)
    manifest = model.manifest.model_copy(update={"inputs": inputs})
    shown = replace(model, manifest=manifest, inputs=input_tensors(manifest))
    ask = infer if call == "/infer" else predict_instances

    inference = ask(shown, body.encode())

    assert inference.response.status == 200, orjson.loads(inference.response.body)
    assert inference.prediction is not None
    assert inference.prediction.rows == 2
