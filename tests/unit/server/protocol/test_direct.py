"""The engine's own call gives the bytes that the long way gives, or leaves the request to it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from tests.unit.server.fits import fitted, training_frame

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.direct import DirectAnswer
from tidewheel_server.engines.native.engine import native_engine
from tidewheel_server.engines.tier import ModelFiles
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.direct import direct_call
from tidewheel_server.protocol.inference import infer, rows_body
from tidewheel_server.tensors import input_tensors, output_tensors

LIMIT = 50
CLASSES = {"classes": ("late", "on time")}
NUMBER = {"task": Task.REGRESSION, "classes": (), "classes_datatype": "FP64"}


def served(manifest: ModelManifest, identity: Identity, pipeline: Any) -> ServedModel:
    """Return a model that has only the long way."""
    engine = native_engine(ModelFiles(manifest, skops.io.dumps(pipeline))).engine
    return ServedModel(
        identity=identity,
        manifest=manifest,
        engine=engine,
        inputs=input_tensors(manifest),
        outputs=output_tensors(manifest),
        header_lines=identity.header_lines,
    )


@pytest.fixture(scope="module")
def forest() -> Any:
    return fitted(RandomForestClassifier(5, random_state=0))


@pytest.fixture
def model(manifest: ModelManifest, identity: Identity, forest: Any) -> ServedModel:
    return served(manifest.model_copy(update=CLASSES), identity, forest)


@pytest.fixture
def number_model(manifest: ModelManifest, identity: Identity) -> ServedModel:
    """Return a model of a number that reads three columns of numbers."""
    numbers = fitted(RandomForestRegressor(5, random_state=0), np.linspace(0.1, 1e7, 60))
    numbers.steps[0][1].transformers_.pop()
    forest = RandomForestRegressor(5, random_state=0)
    columns = training_frame()[["delay", "seats", "night"]]
    numbers.steps[1] = ("estimator", forest.fit(columns.to_numpy(), np.linspace(0.1, 1e7, 60)))
    changed = NUMBER | {"inputs": manifest.inputs[:3], "sample": manifest.sample[:3]}
    return served(manifest.model_copy(update=changed), identity, numbers)


def both(model: ServedModel, body: bytes) -> tuple[bytes, DirectAnswer | None]:
    """Return the body of the long way, and the answer of the engine's own call."""
    call = direct_call(model)
    assert call is not None
    return infer(model, body, rows_limit=LIMIT).response.body, call(body, LIMIT)


Numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
ROWS = st.lists(
    st.tuples(
        Numbers | st.none(),
        st.integers(-(2**53), 2**53) | st.none(),
        st.booleans() | st.none(),
        st.text(max_size=5) | st.sampled_from(["UA", "AA"]) | st.none(),
    ),
    min_size=1,
    max_size=12,
)
QUICK = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(
    rows=ROWS,
    shuffled=st.permutations(range(4)),
    identifier=st.none() | st.text(max_size=4),
    outputs=st.sampled_from([None, [], ["predict"], ["probability", "predict"], ["predict"] * 2]),
    is_nested=st.booleans(),
    indent=st.sampled_from([None, 1]),
)
def test_requests_are_answered_with_the_bytes_of_the_long_way(
    rows: Any,
    shuffled: Any,
    identifier: Any,
    outputs: Any,
    is_nested: bool,
    indent: Any,
    model: ServedModel,
) -> None:
    document = json.loads(rows_body(model.manifest, [[] for _ in range(4)]))
    for tensor, values in zip(document["inputs"], zip(*rows, strict=True), strict=True):
        tensor["shape"] = [len(rows), 1] if is_nested else [len(rows)]
        tensor["data"] = [[value] for value in values] if is_nested else list(values)
    document["inputs"] = [document["inputs"][place] for place in shuffled]
    if identifier is not None:
        document["id"] = identifier
    if outputs is not None:
        document["outputs"] = [{"name": name} for name in outputs]
    body = json.dumps(document, indent=indent, ensure_ascii=False).encode(errors="surrogatepass")

    long_way, answered = both(model, body)

    texts = [identifier or "", *(row[3] or "" for row in rows)]
    is_plain = not any(c < " " or c in '"\\' for text in texts for c in text)
    if is_plain and outputs not in ([], ["predict"] * 2) and b"error" not in long_way:
        assert answered is not None
    if answered is not None:
        assert (answered.response, answered.rows) == (long_way, len(rows))


@QUICK
@given(
    number=st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-400, 400).map(lambda power: float(f"1.7e{power % 308}"))
    | st.integers(-20, 20).map(lambda power: 10.0**power),
    text=st.sampled_from(["{!r}", "{:.3f}", "{:e}", "{:E}", "{:.17g}", "{:.0f}"]),
)
def test_numbers_are_read_and_written_as_orjson_does(
    number: float, text: str, number_model: ServedModel
) -> None:
    token = text.format(number)
    tensors = [
        f'{{"name":"{name}","shape":[1],"datatype":"FP64","data":[{value}]}}'
        for name, value in {"delay": token, "seats": "100", "night": "true"}.items()
    ]
    body = f'{{"inputs":[{",".join(tensors)}]}}'.replace(
        '"night","shape":[1],"datatype":"FP64"', '"night","shape":[1],"datatype":"BOOL"'
    )
    long_way, answered = both(number_model, body.encode())

    assert answered is not None or b"error" in long_way or number == 0 or abs(number) < 1e-290
    if answered is not None:
        assert answered.response == long_way
        read = orjson.loads(token)
        assert answered.numbers()[:, 0].tolist() == [float(read), 100.0, 1.0]


@pytest.mark.parametrize("data", [[[1.5, 100, 1], [None, -7, 0]], [1.5, 100, 1, None, -7, 0]])
def test_matrix_is_answered_with_the_bytes_of_the_long_way(
    data: Any, number_model: ServedModel
) -> None:
    tensor = {"name": "rows", "shape": [2, 3], "datatype": "FP64", "data": data}
    long_way, answered = both(number_model, orjson.dumps({"inputs": [tensor], "id": "é"}))

    assert answered is not None
    assert answered.response == long_way
    np.testing.assert_array_equal(answered.numbers(), [[1.5, np.nan], [100, -7], [1, 0]])
    assert (answered.texts(), answered.answers().shape) == ([], (2, 1))


def test_what_was_read_can_be_looked_at_afterwards(
    model: ServedModel, tensors: Callable[..., Any]
) -> None:
    inputs = tensors(carrier={"data": ["Ü", None]}, delay={"data": [None, 2.5]})

    long_way, answered = both(model, orjson.dumps({"inputs": inputs}))

    assert answered is not None
    np.testing.assert_array_equal(answered.numbers(), [[np.nan, 2.5], [100, 200], [1, 0]])
    assert answered.texts() == [["Ü", None]]
    probability = json.loads(long_way)["outputs"][1]["data"]
    assert answered.answers().reshape(-1).tolist() == probability


UNUSUAL = [
    b"",
    b"{}",
    b"[]",
    b'{"inputs":[]}',
    b'{"inputs":{}}',
    b"\xff",
    b'{"inputs"',
    b'{"inputs":[{"name":"delay","shape":[999999999,999999999],"datatype":"FP64","data":[',
    b'{"inputs":[{"name":"delay","shape":[99999999999999999999],"datatype":"FP64","data":[1]}]}',
]


@pytest.mark.parametrize("body", UNUSUAL)
def test_what_is_no_request_is_left_to_the_long_way(body: bytes, model: ServedModel) -> None:
    assert both(model, body)[1] is None


@pytest.mark.parametrize(
    "replaced",
    [
        {"delay": {"data": [1.5, "2"]}},
        {"delay": {"data": [1.5]}},
        {"delay": {"data": [1.5, 2, 3]}},
        {"delay": {"data": [[1.5], [2]]}},
        {"delay": {"shape": [3]}},
        {"delay": {"shape": [2, 2]}},
        {"delay": {"datatype": "BYTES"}},
        {"delay": {"datatype": "FP16"}},
        {"delay": {"name": "other"}},
        {"delay": {"name": "seats"}},
        {"delay": {"parameters": {}}},
        {"delay": {"data": [1e39, 2]}},
        {"seats": {"data": [1.5, 2]}},
        {"seats": {"data": [1e300, 2]}},
        {"night": {"data": [1, 0]}},
        {"carrier": {"data": ["UA", 1]}},
        {"carrier": {"data": ['U"A', "AA"]}},
    ],
)
def test_unusual_tensors_are_left_to_the_long_way(
    replaced: Any, model: ServedModel, tensors: Callable[..., Any]
) -> None:
    assert both(model, orjson.dumps({"inputs": tensors(**replaced)}))[1] is None


@pytest.mark.parametrize(
    "more", [{"id": None}, {"id": 7}, {"parameters": {}}, {"outputs": [{"name": "other"}]}]
)
def test_unusual_requests_are_left_to_the_long_way(
    more: Any, model: ServedModel, tensors: Callable[..., Any]
) -> None:
    assert both(model, orjson.dumps({"inputs": tensors()} | more))[1] is None


def test_too_many_rows_are_left_to_the_long_way(model: ServedModel) -> None:
    columns = [[value] * (LIMIT + 1) for value in (1.5, 100, True, "UA")]

    assert both(model, rows_body(model.manifest, columns))[1] is None


@QUICK
@given(data=st.data())
def test_damaged_requests_never_get_another_answer_than_the_long_way(
    data: st.DataObject, model: ServedModel
) -> None:
    body = bytearray(rows_body(model.manifest, [[1.5, -2e3], [100, 7], [True, None], ["UA", "ä"]]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        change = data.draw(st.sampled_from(["cut", "byte", "drop", "twice"]))
        if change == "cut":
            body = body[: place + 1]
        elif change == "drop" and len(body) > 1:
            del body[place]
        elif change == "twice":
            body[place:place] = body[place : place + data.draw(st.integers(1, 30))]
        else:
            body[place] = data.draw(st.sampled_from(b'{}[]",:0129.-+eE \\nul\xc3\xff\x00'))

    long_way, answered = both(model, bytes(body))

    if answered is not None:
        assert answered.response == long_way


def test_a_loaded_model_answers_by_the_call(
    model: ServedModel, tensors: Callable[..., Any]
) -> None:
    body = orjson.dumps({"inputs": tensors(), "id": "one"})
    asked: list[bytes] = []
    call = direct_call(model)
    assert call is not None

    def kept(body: bytes, rows_limit: int) -> DirectAnswer | None:
        asked.append(body)
        return call(body, rows_limit)

    inference = infer(replace(model, direct=kept), body)

    assert inference.response == infer(model, body).response
    assert inference.prediction is not None
    assert (asked, inference.prediction.rows) == ([body], 2)


def test_other_engines_have_no_call(model: ServedModel, engine: Any) -> None:
    assert direct_call(replace(model, engine=engine)) is None
