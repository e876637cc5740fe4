"""Which of two reports speaks."""

import pytest
from tests.unit.operator.policies.reports import told, trials

from tidewheel_operator.policies.reported import Told, further

OLD, NEW = told(percent=30), told(percent=20)


@pytest.mark.parametrize(
    ("before", "new", "speaks"),
    [
        pytest.param(None, NEW, NEW, id="the first"),
        pytest.param(OLD, NEW, NEW, id="the newer of equals"),
        pytest.param(told(2), NEW, told(2), id="not that of a Job that was replaced"),
        pytest.param(OLD, told(2), told(2), id="that of the Job that replaced another"),
        pytest.param(
            told(trials=trials(5)),
            told(trials=trials(4)),
            told(trials=trials(5)),
            id="not that of a pod that has heard of fewer trials",
        ),
        pytest.param(
            told(trials=trials(5)),
            told(trials=trials(3, failed=1, pruned=1)),
            told(trials=trials(3, failed=1, pruned=1)),
            id="failed and pruned trials have ended too",
        ),
    ],
)
def test_of_two_reports(before: Told | None, new: Told, speaks: Told) -> None:
    assert further(before, new) == speaks
