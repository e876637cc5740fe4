"""Unit tests run in several processes: none may leave anything behind in the one it ran in."""

import sys
from collections.abc import Generator

import pytest


@pytest.fixture(autouse=True)
def no_audit_hook_outlives_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse audit hooks, which nobody can take away: whoever tests one starts a process."""

    def refused(hook: object) -> None:
        pytest.fail(f"{hook!r} would watch all later tests of this process too")

    monkeypatch.setattr(sys, "addaudithook", refused)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape half characters that a test logged: they cannot be sent to another process."""
    report = yield
    report.sections = [
        (name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections
    ]
    return report
