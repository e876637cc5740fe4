"""Damaged requests lead the native reader to no wrong step in memory: sanitizers look on."""

import os
import subprocess
from pathlib import Path

import orjson
import pytest

from tidewheel_dev import paths

_NATIVE = paths.REPOSITORY / "server_image" / "native"
_PARTS = ("json_reader", "json_writer", "request", "response")
_ROUNDS = 200_000

COLUMNS = [
    {"name": "delay", "shape": [2], "datatype": "FP64", "data": [1.5e-7, None]},
    {"name": "seats", "shape": [2, 1], "datatype": "INT64", "data": [[100], [2]]},
    {"name": "night", "shape": [2], "datatype": "BOOL", "data": [True, None]},
    {"name": "carrier", "shape": [2], "datatype": "BYTES", "data": ["Dältä", None]},
]
MATRIX = [{"name": "rows", "shape": [2, 2], "datatype": "FP64", "data": [[1.25, 1], [-2e5, None]]}]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("fuzz") / "request_fuzz"
    sources = [_NATIVE / "src" / "engine" / f"{part}.cpp" for part in _PARTS]
    flags = ["-std=c++20", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    compiler = os.environ.get("CXX", "c++")
    fuzz = _NATIVE / "fuzz" / "request_fuzz.cpp"
    subprocess.run([compiler, *flags, fuzz, *sources, "-o", built], check=True)
    return built


@pytest.mark.parametrize("seed", range(2))
def test_damaged_requests_are_read_without_a_wrong_step(
    program: Path, seed: int, tmp_path: Path
) -> None:
    bodies = [
        {"inputs": COLUMNS},
        {"inputs": MATRIX, "id": "one"},
        {"outputs": [{"name": "predict"}], "inputs": COLUMNS},
    ]
    files = []
    for place, body in enumerate(bodies):
        files.append(tmp_path / f"{place}.json")
        files[-1].write_bytes(orjson.dumps(body))

    done = subprocess.run(
        [program, str(seed), str(_ROUNDS), *files], capture_output=True, text=True, check=False
    )

    # All whole requests are read, and some damaged ones, so the reader got everywhere.
    assert (done.returncode, done.stdout, done.stderr) == (0, "3 1\n", "")
