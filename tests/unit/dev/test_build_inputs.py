"""What an image is built from decides whether it is built again."""

from pathlib import Path

import pytest

from tidewheel_dev import build_inputs

_DOCKERFILE = """\
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
# COPY a comment /nowhere
COPY pyproject.toml requirements.lock ./
copy --chown=65532:65532 \\
  contracts/src/tidewheel_contracts \\
  tidewheel_contracts
COPY ["with space.txt", "/app/"]
ADD pyproject.toml again.toml
RUN echo COPY me not
FROM ${BASE}
COPY --from=build /venv /venv
"""


def test_sources_of_the_build_context_are_found_once_each() -> None:
    assert build_inputs.copied_paths(_DOCKERFILE) == [
        "pyproject.toml",
        "requirements.lock",
        "contracts/src/tidewheel_contracts",
        "with space.txt",
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src/__pycache__").mkdir(parents=True)
    (tmp_path / "src/one.py").write_text("one")
    (tmp_path / "src/__pycache__/one.pyc").write_text("bytes")
    (tmp_path / "other.py").write_text("other")
    return tmp_path


def test_digest_follows_content_name_and_words(root: Path) -> None:
    before = _digest(root)
    (root / "src/one.py").write_text("changed")
    changed = _digest(root)
    (root / "src/one.py").rename(root / "src/two.py")
    renamed = _digest(root)
    words = build_inputs.digest(root, ["src"], ["another base"])
    assert len({before, changed, renamed, words}) == 4


def test_digest_ignores_byte_code_and_files_that_are_not_copied(root: Path) -> None:
    before = _digest(root)
    (root / "src/__pycache__/two.pyc").write_text("bytes")
    (root / "other.py").write_text("changed")
    assert _digest(root) == before


def test_digest_reads_patterns_and_the_whole_context(root: Path) -> None:
    assert build_inputs.digest(root, ["*.py"], []) == build_inputs.digest(root, ["other.py"], [])
    assert build_inputs.digest(root, ["."], []) == build_inputs.digest(
        root, ["src", "other.py"], []
    )


def _digest(root: Path) -> str:
    return build_inputs.digest(root, ["src"], ["base"])
