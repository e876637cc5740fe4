"""Training on a Dataset that says how rows are split: no test row is learned before the verdict."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, candidate, columns_of

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train import choosing, meeting, pipelines, refitting, testing

_CUSTOMERS = 300
_SPLITS = {
    "none": None,
    "time": {"time": {"testShare": "0.3", "validationShare": "0.3"}},
    "hash": {"hash": {"columns": ["customer"], "testShare": "0.4"}},
    "column": {"column": {"name": "part", "test": "held out"}},
}
_TWO = (candidate(), candidate("stump", max_iter=1, max_depth=1))


def _columns(days: int = 30) -> dict[str, Any]:
    """Return rows that are numbered by the feature `place`, of customers, marked with parts."""
    rows = days * 150
    random = np.random.default_rng(1)
    parts = random.choice(
        ["train", "validation", "held out", "unknown"], rows, p=[0.4, 0.1, 0.4, 0.1]
    )
    return columns_of(0, days) | {
        "place": np.arange(rows),
        "customer": random.integers(0, _CUSTOMERS, rows),
        "part": pa.array(
            [None if part == "unknown" and i % 2 else part for i, part in enumerate(parts)]
        ),
    }


class Watched:
    """Which rows each fit learned and each test scored, in the order of what happened."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.events: list[tuple[str, frozenset[int]]] = []

    def fit(self, recipe: Any, frame: pd.DataFrame, labels: np.ndarray, groups: Any) -> Any:
        self.events.append(("fit", _places(frame)))
        return pipelines.fitted(recipe, frame, labels, groups)

    def answer(self, model: Any, recipe: Any, frame: pd.DataFrame, values: Any) -> np.ndarray:
        self.events.append(("score", _places(frame)))
        return pipelines.answers(model, recipe, frame, values)


def _places(frame: pd.DataFrame) -> frozenset[int]:
    return frozenset(int(place) for place in frame["place"])


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Watch every fit and every test; they happen as they would."""
    watch = Watched()
    judge = meeting.judge

    def judged(*given: Any, **named: Any) -> Any:
        watch.events.append(("judge", frozenset()))
        return judge(*given, **named)

    for module in (choosing, testing, refitting):
        monkeypatch.setattr(module, "fitted", watch.fit)
    monkeypatch.setattr(testing, "answers", watch.answer)
    monkeypatch.setattr(meeting, "judge", judged)
    return watch


def _expected_test(name: str, columns: dict[str, Any]) -> frozenset[int] | None:
    """Return the test rows, worked out from the data alone; None where a hash decides."""
    rows = len(columns["place"])
    newest = {"none": 7, "time": 9}  # days; six would be fewer than a thousand rows
    if name in newest:
        return frozenset(range(rows - newest[name] * 150, rows))
    if name == "column":
        return frozenset(
            i for i, part in enumerate(columns["part"].to_pylist()) if part == "held out"
        )
    return None


@pytest.mark.parametrize("name", _SPLITS)
def test_no_fit_learns_a_test_row_before_the_gate_has_judged(
    snapshot: Any, trained: Train, watched: Watched, name: str
) -> None:
    columns = _columns()
    result = trained(snapshot(columns), candidates=_TWO, split=_SPLITS[name])
    assert result.verdict is Verdict.PASSED
    kinds = [kind for kind, _ in watched.events]
    assert kinds == ["fit", "fit", "fit", "score", "judge", "fit"]
    *before, refit = [places for kind, places in watched.events if kind == "fit"]
    (tested,) = [places for kind, places in watched.events if kind == "score"]
    assert [len(learned & tested) for learned in before] == [0, 0, 0]
    # The winner learns, for its test, everything but the test rows; the published fit everything.
    assert before[-1] | tested == refit
    assert (len(tested), len(refit)) == (result.test_rows, result.training_rows)
    expected = _expected_test(name, columns)
    assert expected in (None, tested)


def test_rows_of_one_key_lie_on_one_side_in_every_fit(
    snapshot: Any, trained: Train, watched: Watched
) -> None:
    columns = _columns()
    trained(snapshot(columns), candidates=_TWO, split=_SPLITS["hash"])
    customers = columns["customer"]
    fits = [{int(customers[i]) for i in rows} for kind, rows in watched.events if kind == "fit"]
    (tested,) = [
        {int(customers[i]) for i in rows} for kind, rows in watched.events if kind == "score"
    ]
    chosen, _, learned, refit = fits
    assert (chosen & tested, learned & tested) == (set(), set())
    assert len(refit) == _CUSTOMERS
    shares = len(tested) / _CUSTOMERS, len(learned - chosen) / len(learned)
    assert shares == pytest.approx((0.4, 0.2), abs=0.06)


def test_rows_with_another_text_are_left_out_and_counted(
    store: Any, snapshot: Any, trained: Train
) -> None:
    columns = _columns()
    result = trained(snapshot(columns), split=_SPLITS["column"])
    texts = columns["part"].to_pylist()
    unknown = sum(text in (None, "unknown") for text in texts)
    assert result.training_rows == len(texts) - unknown
    window = json.loads(store.objects[f"{FOLDER}/uid-1/metrics.json"])["testWindow"]
    assert (window["rows"], window["leftOutRows"]) == (texts.count("held out"), unknown)


def test_the_column_that_splits_is_no_feature(snapshot: Any, trained: Train) -> None:
    data = snapshot(_columns())
    names = [column.name for column in trained(data, split=_SPLITS["column"]).input_columns]
    assert names == ["wind", "hour", "place", "customer", "carrier"]
    with pytest.raises(TrainerError) as caught:
        trained(data, "uid-2", split=_SPLITS["column"], features={"categorical": ["part"]})
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "`features` names 'part', the split column; take it out",
    )


@pytest.mark.parametrize("name", _SPLITS)
def test_the_split_is_recorded_beside_the_model(
    store: Any, snapshot: Any, trained: Train, name: str
) -> None:
    result = trained(snapshot(_columns()), split=_SPLITS[name])
    assert result.artifact is not None
    manifest = ModelManifest.model_validate_json(store.objects[result.artifact.manifest_key])
    given = _SPLITS[name]
    assert manifest.split == (None if given is None else Split.model_validate(given))


def test_a_manifest_from_before_there_were_splits_is_read(
    store: Any, snapshot: Any, trained: Train
) -> None:
    result = trained(snapshot(_columns()))
    assert result.artifact is not None
    fields = json.loads(store.objects[result.artifact.manifest_key])
    del fields["split"]
    assert ModelManifest.model_validate(fields).split is None


@pytest.mark.parametrize("name", ["hash", "column"])
def test_a_champion_is_met_by_its_recipe_even_when_all_test_rows_are_later(
    snapshot: Any, trained: Train, name: str
) -> None:
    old = _columns()
    first = trained(snapshot(old), split=_SPLITS[name])
    later = columns_of(30, 30) | {key: old[key] for key in ("place", "customer", "part")}
    result = trained(snapshot(old, later), "uid-2", first, _TWO[1:], split=_SPLITS[name])
    assert (result.compared_with, result.verdict) == (ComparedWith.RECIPE, Verdict.REFUSED)


def test_later_rows_test_the_champion_itself_whatever_share_a_split_by_time_asks_for(
    snapshot: Any, trained: Train
) -> None:
    first = trained(snapshot(columns_of(0, 20)), split=_SPLITS["time"])
    grown = snapshot(columns_of(0, 20), columns_of(20, 12))
    result = trained(grown, "uid-2", first, split=_SPLITS["time"])
    assert (result.compared_with, result.test_rows) == (ComparedWith.MODEL, 1800)


def test_a_split_by_column_needs_no_time_column(snapshot: Any, trained: Train) -> None:
    data = snapshot(_columns(60), time=None)
    first = trained(data, time=None, split=_SPLITS["column"])
    result = trained(data, "uid-2", first, (_TWO[1],), time=None, split=_SPLITS["column"])
    assert (result.compared_with, result.verdict) == (ComparedWith.RECIPE, Verdict.REFUSED)


def _one_customer(columns: dict[str, Any]) -> dict[str, Any]:
    return columns | {"customer": np.zeros(len(columns["customer"]), dtype=np.int64)}


def _two_customers(columns: dict[str, Any]) -> dict[str, Any]:
    return columns | {"customer": np.arange(len(columns["customer"])) % 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            _one_customer,
            "all 4,500 labelled rows agree in the key 'customer' of `split.hash`, and rows of one "
            "key lie on one side; a split needs more keys; wait for more labelled rows",
            id="one key",
        ),
        pytest.param(
            _two_customers,
            "the test rows are 0 with 0 of the rarer class; a judgement needs 1,000 and 100; the "
            "4,500 labelled rows have 2 values of the key 'customer'; wait for more labelled rows",
            id="two keys",
        ),
    ],
)
def test_too_few_keys_are_inconclusive_with_numbers(
    snapshot: Any, trained: Train, change: Callable[..., dict[str, Any]], message: str
) -> None:
    result = trained(snapshot(change(_columns())), split=_SPLITS["hash"])
    assert (result.verdict, result.verdict_reason, result.message) == (
        Verdict.INCONCLUSIVE,
        "TooFewRows",
        message,
    )


def test_too_few_marked_rows_to_choose_are_inconclusive_with_numbers(
    snapshot: Any, trained: Train
) -> None:
    split = {"column": {"name": "part", "test": "held out", "validation": "valid"}}
    result = trained(snapshot(_columns()), candidates=_TWO, split=split)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.message.startswith(
        "0 rows are marked 'valid', to choose among several candidates"
    )


@pytest.mark.parametrize(
    ("split", "time", "reason", "message"),
    [
        pytest.param(
            {"column": {"name": "fold"}},
            "day",
            FailureReason.COLUMN_MISSING,
            "the snapshot has no column 'fold', which `split` names; correct the Dataset's "
            "`split`, or deliver the column",
            id="column missing",
        ),
        pytest.param(
            {"hash": {"columns": ["customer", "shop"]}},
            "day",
            FailureReason.COLUMN_MISSING,
            "the snapshot has no column 'shop', which `split` names; correct the Dataset's "
            "`split`, or deliver the column",
            id="key missing",
        ),
        pytest.param(
            {"hash": {"columns": ["late"]}},
            "day",
            FailureReason.PARAMETER_INVALID,
            "`split` names 'late', the target column; name another",
            id="target as key",
        ),
        pytest.param(
            {"column": {"name": "hour"}},
            "day",
            FailureReason.PARAMETER_INVALID,
            "`split.column` names 'hour', which is int64; it must be text: add a `cast` step",
            id="column of numbers",
        ),
        pytest.param(
            {"column": {"name": "part", "test": "train"}},
            "day",
            FailureReason.PARAMETER_INVALID,
            "the texts of `split.column` must differ from each other; correct them",
            id="one text twice",
        ),
        pytest.param(
            {"time": {}},
            None,
            FailureReason.PARAMETER_INVALID,
            "`split.time` needs the column that the Dataset's `time` names; name one",
            id="no time column",
        ),
        pytest.param(
            {"column": {"name": "carrier", "train": "AA", "validation": "B6"}},
            "day",
            FailureReason.TOO_FEW_ROWS,
            "none of the 4,500 labelled rows has 'test', the text of rows to test, in the split "
            "column 'carrier'; it has 'B6' (1,542), 'UA' (1,492), 'AA' (1,466); correct the "
            "Dataset's `split.column`, or deliver such rows",
            id="no test row",
        ),
    ],
)
def test_a_split_that_cannot_be_done_is_explained(
    snapshot: Any,
    trained: Train,
    split: dict[str, Any],
    time: str | None,
    reason: FailureReason,
    message: str,
) -> None:
    data = snapshot(_columns(), time=None if time is None else {"column": time})
    with pytest.raises(TrainerError) as caught:
        trained(data, split=split, time=time)
    assert (caught.value.reason, caught.value.message) == (reason, message)
