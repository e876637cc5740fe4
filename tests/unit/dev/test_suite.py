"""Which parts of the tests run, and in which order."""

from pathlib import Path

from tidewheel_dev import suite


def test_parts_with_tests_run_and_those_with_a_cluster_come_last(tmp_path: Path) -> None:
    for name in ("e2e", "faults", "integration", "unit/deep", "chart", "bench"):
        folder = tmp_path / "tests" / name
        folder.mkdir(parents=True)
        (folder / "test_one.py").touch()
    (tmp_path / "tests/contract").mkdir()
    assert suite.parts(tmp_path) == [
        suite.Part("unit", needs_cluster=False),
        suite.Part("integration", needs_cluster=False),
        suite.Part("faults", needs_cluster=False),
        suite.Part("e2e", needs_cluster=True),
        suite.Part("chart", needs_cluster=True),
    ]


def test_summary_adds_the_minutes_up() -> None:
    results = [suite.Result("unit", True, 60), suite.Result("e2e", False, 90)]
    columns = [list(column.cells) for column in suite.summary(results).columns]
    assert columns == [
        ["unit", "e2e", "total"],
        ["passed", "FAILED", ""],
        ["1.0", "1.5", "2.5"],
    ]
