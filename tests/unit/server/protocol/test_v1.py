"""The V1 protocol: rows in, predictions out."""

from typing import Any

import numpy as np
import orjson
import pytest

from tidewheel_server.engines.engine import ValuesRefusedError
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import predict_instances

ROWS = [[1.5, 100, True, "UA"], [-2, None, None, None]]
NAMES = ("delay", "seats", "night", "carrier")
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
COLUMNS = {name: [row[i] for row in ROWS] for i, name in enumerate(NAMES)}


def asked(model: ServedModel, document: object) -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    response = predict_instances(model, body, rows_limit=3).response
    assert response.header_lines == model.header_lines
    return response.status, orjson.loads(response.body)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"instances": ROWS}, id="arrays"),
        pytest.param({"instances": OBJECTS}, id="objects"),
        pytest.param({"instances": [ROWS[0], OBJECTS[1]]}, id="both"),
        pytest.param({"inputs": ROWS}, id="inputs are instances"),
        pytest.param({"inputs": COLUMNS}, id="inputs by column"),
        pytest.param({"instances": ROWS, "signature_name": "x"}, id="other keys"),
    ],
)
def test_rows_have_one_prediction_each(
    model: ServedModel, engine: Any, document: dict[str, Any]
) -> None:
    assert asked(model, document) == (200, {"predictions": ["late", "on time"]})
    np.testing.assert_equal(
        {name: values.tolist() for name, values in engine.asked[0].items()},
        {
            "delay": [1.5, -2.0],
            "seats": [100.0, np.nan],
            "night": [1.0, np.nan],
            "carrier": ["UA", None],
        },
    )


EITHER = "The body must be a JSON object with either 'instances' or 'inputs'"


@pytest.mark.parametrize(
    ("document", "status", "error"),
    [
        ({}, 400, EITHER),
        ([], 400, EITHER),
        ({"instances": ROWS, "inputs": ROWS}, 400, EITHER),
        ({"instances": COLUMNS}, 400, "'instances' must be a list of rows"),
        ({"inputs": "x"}, 400, "'inputs' must be a list of rows"),
        ({"instances": []}, 400, "The inputs must have at least one row"),
        ({"instances": ROWS * 2}, 413, "A request may have at most 3 rows, not 4"),
        (
            {"instances": [1]},
            400,
            "Row 0 of 'instances' must be an array of values or an object keyed by column",
        ),
        (
            {"instances": [ROWS[0], [1]]},
            400,
            "Row 1 of 'instances' has 1 values; the model takes 4",
        ),
        (
            {"instances": [{"delay": 1, "night": True}]},
            400,
            "Row 0 of 'instances' lacks 'seats', 'carrier'; null stands for a missing value",
        ),
        (
            {"instances": [OBJECTS[0] | {"x": 1}]},
            400,
            "Row 0 of 'instances' has 'x', which the model does not take",
        ),
        (
            {"instances": [["1", 1, True, "UA"]]},
            400,
            "Input 'delay': FP64 takes numbers or null, but element 0 is a string",
        ),
        ({"inputs": {"delay": [1]}}, 400, "Missing inputs: 'seats', 'night', 'carrier'"),
        ({"inputs": COLUMNS | {"delay": 1}}, 400, "Column 'delay' of 'inputs' must be a list"),
        ({"inputs": COLUMNS | {"delay": [1]}}, 400, "Input 'seats' has 2 rows, but 'delay' has 1"),
        (
            {"inputs": {"x": [1]}},
            400,
            "No input 'x'; the model takes 'delay', 'seats', 'night', 'carrier'",
        ),
    ],
)
def test_wrong_request_is_refused(
    model: ServedModel, document: object, status: int, error: str
) -> None:
    assert asked(model, document) == (status, {"error": error})


def test_body_that_is_not_json_is_refused(model: ServedModel) -> None:
    status, document = asked(model, b"{")

    assert status == 400
    assert document["error"].startswith("The body is not JSON: ")


def test_values_that_the_engine_refuses_are_bad_input(model: ServedModel, engine: Any) -> None:
    engine.error = ValuesRefusedError("The model refuses these values: too cold")

    assert asked(model, {"instances": ROWS}) == (
        400,
        {"error": "The model refuses these values: too cold"},
    )
