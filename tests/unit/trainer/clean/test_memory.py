"""The memory that DuckDB may use, by what limits the container."""

from pathlib import Path

import pytest

from tidewheel_trainer.clean.memory import memory_limit_bytes

GIB = 1 << 30


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"memory.max": f"{GIB}\n"}, GIB // 2),
        ({"memory/memory.limit_in_bytes": f"{2 * GIB}\n"}, GIB),
        ({"memory.max": "max\n"}, GIB),
        ({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, GIB),
        ({"memory.max": "1048576\n"}, 64 << 20),
        ({}, GIB),
    ],
    ids=["version 2", "version 1", "none in 2", "none in 1", "too little", "no cgroup"],
)
def test_half_is_left_to_python_and_arrow(
    tmp_path: Path, files: dict[str, str], limit: int
) -> None:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert memory_limit_bytes(tmp_path) == limit
