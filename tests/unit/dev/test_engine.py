"""The engine needs a compiler; where there is none and none can be installed, it is named."""

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from tidewheel_dev import build_inputs, engine, errors


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIDEWHEEL_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


def test_missing_compiler_is_named(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(errors.DevError) as raised:
        engine.ensure()

    assert str(raised.value) == (
        "the model server's engine is compiled, and g++ is missing; install it, or run "
        "`make venv` as root once"
    )


def test_missing_headers_are_named(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/c++")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(empty_cache))

    with pytest.raises(errors.DevError) as raised:
        engine.ensure()

    assert str(raised.value) == (
        "the model server's engine is compiled, and python3-dev is missing; install it, or run "
        "`make venv` as root once"
    )


def test_engine_of_other_sources_is_another_one(tmp_path: Path) -> None:
    source = tmp_path / "server_image" / "native" / "trees.cpp"
    source.parent.mkdir(parents=True)
    source.write_text("one")
    before = build_inputs.digest(tmp_path, engine.SOURCES, [])
    source.write_text("other")

    assert build_inputs.digest(tmp_path, engine.SOURCES, []) != before
