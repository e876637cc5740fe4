"""Why a Job waits, in the words of Kueue's Workload."""

import pytest
from tests.builders import Object

from tidewheel_contracts.api.v1alpha1.run_status import Reason
from tidewheel_operator.policies.kueue import words_of_kueue

FULL = "couldn't assign flavors to pod set main: insufficient unused quota for cpu"
WAITS = "the Job waits in LocalQueue 'lab'"


def workload(*conditions: tuple[str, str, str, str], active: bool = True) -> Object:
    return {
        "spec": {"active": active},
        "status": {
            "conditions": [
                {"type": kind, "status": status, "reason": reason, "message": message}
                for kind, status, reason, message in conditions
            ]
        },
    }


@pytest.mark.parametrize(
    ("found", "reason", "message"),
    [
        pytest.param(
            workload(("QuotaReserved", "False", "Pending", FULL)),
            Reason.QUEUED,
            f"{WAITS}: {FULL}",
            id="the quota is used up",
        ),
        pytest.param(
            workload(("QuotaReserved", "True", "QuotaReserved", "Quota reserved in queue lab")),
            Reason.QUEUED,
            f"{WAITS}: its quota is reserved, and admission checks are pending",
            id="admission checks are pending",
        ),
        pytest.param(
            workload(
                ("QuotaReserved", "True", "QuotaReserved", "Quota reserved in queue lab"),
                ("Admitted", "False", "NoChecks", "check 'budget' was refused"),
            ),
            Reason.QUEUED,
            f"{WAITS}: check 'budget' was refused",
            id="an admission check was refused",
        ),
        pytest.param(
            workload(
                ("QuotaReserved", "True", "QuotaReserved", "Quota reserved in queue lab"),
                ("Admitted", "True", "Admitted", "The workload is admitted"),
            ),
            Reason.QUEUED,
            f"{WAITS}: Kueue has admitted it and is about to start it",
            id="it starts in a moment",
        ),
        pytest.param(
            workload(),
            Reason.QUEUED,
            f"{WAITS}: Kueue has not looked at it yet",
            id="Kueue has not looked at it",
        ),
        pytest.param(
            workload(
                ("QuotaReserved", "False", "Pending", "Preempted to accommodate another"),
                ("Evicted", "True", "Preempted", "Preempted to accommodate another"),
            ),
            Reason.EVICTED,
            "Kueue took the Job's quota away (Preempted): Preempted to accommodate another; the "
            "run goes on when it is admitted again in LocalQueue 'lab'",
            id="it was preempted",
        ),
        pytest.param(
            workload(
                ("QuotaReserved", "False", "Inadmissible", "The workload is deactivated"),
                ("Evicted", "True", "Deactivated", "The workload is deactivated"),
                active=False,
            ),
            Reason.QUEUED,
            f"{WAITS}; its Workload is inactive: The workload is deactivated",
            id="somebody switched its Workload off",
        ),
        pytest.param(
            None,
            Reason.QUEUED,
            f"{WAITS} until Kueue starts it; Kueue has said nothing of it yet; without Kueue it "
            "waits for ever",
            id="there is no Workload yet",
        ),
    ],
)
def test_kueue_is_quoted(found: Object | None, reason: Reason, message: str) -> None:
    assert words_of_kueue("lab", found, is_read=True) == (reason, message)


def test_who_does_not_read_kueue_says_how_to() -> None:
    assert words_of_kueue("lab", None, is_read=False) == (
        Reason.QUEUED,
        f"{WAITS} until Kueue starts it; `kueue.enabled` of the chart lets the operator read what "
        "Kueue says of it, and `kubectl get workloads` shows it too",
    )


def test_job_without_a_label_waits_for_a_queue() -> None:
    assert words_of_kueue(None, workload(), is_read=True) == (
        Reason.QUEUED,
        "the Job waits for a queue: Kueue has not looked at it yet",
    )
