"""Measure the processor time of an inference by the native call, its engine and scikit-learn.

`python -m tests.bench.serving.native_call` prints microseconds of the thread's own time, without
HTTP; the median of five rounds. It judges nothing.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from rich.console import Console
from rich.table import Table
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from tidewheel_contracts.artifact.model import ModelInput, ModelManifest, Recipe
from tidewheel_server.engines.native.engine import native_engine
from tidewheel_server.engines.sklearn_engine import sklearn_engine
from tidewheel_server.engines.tier import ModelFiles
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.direct import direct_call
from tidewheel_server.protocol.inference import infer, rows_body
from tidewheel_server.tensors import input_tensors, output_tensors

_ROUNDS = 5
_ROUND_NANOSECONDS = 200_000_000
_DIGEST = "sha256:" + "a" * 64


@dataclass(frozen=True, slots=True)
class _Case:
    """A model, and bodies of requests that take turns, so that no branch learns a row by heart."""

    name: str
    files: ModelFiles
    served: ServedModel
    bodies: Sequence[bytes]


def main() -> int:
    """Measure every case and print it."""
    table = Table("case", "one call µs", "native engine µs", "scikit-learn µs", "sklearn / call")
    for case in _cases():
        call = direct_call(case.served)
        if call is None:
            sys.stderr.write(f"error: {case.name} has no call\n")
            return 1
        slow = replace(case.served, engine=sklearn_engine(case.files))
        spent = [
            _microseconds(served, case.bodies)
            for served in (replace(case.served, direct=call), case.served, slow)
        ]
        ratio = f"{spent[2] / spent[0]:,.0f}x"
        table.add_row(case.name, *(f"{each:,.1f}" for each in spent), ratio)
    Console().print(table)
    return 0


def _microseconds(served: ServedModel, bodies: Sequence[bytes]) -> float:
    return median(_round(lambda body: infer(served, body), bodies) for _ in range(_ROUNDS))


def _round(ask: Callable[[bytes], Any], bodies: Sequence[bytes]) -> float:
    asked = 0
    begun = time.thread_time_ns()
    while (spent := time.thread_time_ns() - begun) < _ROUND_NANOSECONDS or asked == 0:
        for body in bodies:
            ask(body)
        asked += len(bodies)
    return spent / asked / 1000


def _cases() -> list[_Case]:
    numbers = _numbers()
    labels = (numbers.sum(axis=1) > 0).to_numpy()
    mixed = numbers.iloc[:, :8].assign(
        carrier=pd.Series(np.array(["UA", "AA", "DL"])[np.arange(len(numbers)) % 3], dtype=object)
    )
    linear = (StandardScaler(), LogisticRegression())
    forest = RandomForestClassifier(100, random_state=0)
    boosting = HistGradientBoostingClassifier(random_state=0)
    plain = ColumnTransformer([("numbers", "passthrough", list(numbers))])
    found = []
    for name, table, pipeline, rows in [
        ("linear, 1 row", numbers, make_pipeline(plain, *linear), 1),
        ("linear, 100 rows", numbers, make_pipeline(plain, *linear), 100),
        ("forest of 100, 1 row", numbers, make_pipeline(plain, forest), 1),
        ("forest of 100, 100 rows", numbers, make_pipeline(plain, forest), 100),
        ("mixed table, boosting, 1 row", mixed, make_pipeline(_mixed(mixed), boosting), 1),
    ]:
        found.append(_case(name, pipeline.fit(table, labels), table, rows))
    return found


def _mixed(table: pd.DataFrame) -> ColumnTransformer:
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    columns = OneHotEncoder(handle_unknown="ignore")
    filler = SimpleImputer(strategy="median", add_indicator=True)
    return ColumnTransformer(
        [
            ("numbers", filler, list(table)[:-1]),
            ("texts", make_pipeline(encoder, columns), ["carrier"]),
        ],
        sparse_threshold=0,
    )


def _numbers() -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(2000, 30))
    return pd.DataFrame(values, columns=[f"column{place}" for place in range(30)])


def _case(name: str, pipeline: Pipeline, table: pd.DataFrame, rows: int) -> _Case:
    manifest = _manifest(pipeline, table)
    files = ModelFiles(manifest, skops.io.dumps(pipeline))
    identity = Identity("flights", "2", "flights-v2", _DIGEST)
    served = ServedModel(
        identity=identity,
        manifest=manifest,
        engine=native_engine(files).engine,
        inputs=input_tensors(manifest),
        outputs=output_tensors(manifest),
        header_lines=identity.header_lines,
    )
    firsts = range(0, len(table) - rows, max(rows, 31))
    bodies = [rows_body(manifest, _columns(table[first : first + rows])) for first in firsts]
    return _Case(name, files, served, bodies)


def _columns(table: pd.DataFrame) -> list[list[Any]]:
    return [table[name].tolist() for name in table]


def _manifest(pipeline: Pipeline, table: pd.DataFrame) -> ModelManifest:
    texts = [name for name in table if table[name].dtype == object]
    return ModelManifest(
        model_name="flights",
        files=(),
        digest=_DIGEST,
        inputs=tuple(
            ModelInput(name=name, datatype="BYTES", kind="Categorical")
            if name in texts
            else ModelInput(name=name, datatype="FP64", kind="Numeric")
            for name in table
        ),
        classes=tuple(map(str, pipeline.classes_)),
        classes_datatype="BOOL",
        sample=tuple(tuple(values) for values in _columns(table[:2])),
        recipe=Recipe(
            candidate="bench",
            estimator="sklearn.ensemble.RandomForestClassifier",
            parameters={},
            numeric=tuple(name for name in table if name not in texts),
            categorical=tuple(texts),
            target="late",
            time=None,
            seed=0,
        ),
        snapshot_digest=_DIGEST,
        snapshot_manifest_key="snapshots/a.json",
        training_rows=len(table),
        library_versions={},
    )


if __name__ == "__main__":
    sys.exit(main())
