"""Why a Job waits in a queue of Kueue, in Kueue's own words: the conditions of its Workload."""

from typing import Any

from tidewheel_contracts.api.v1alpha1.run_status import Reason

__all__ = ["words_of_kueue"]

Object = dict[str, Any]

_NOT_READ = (
    "`kueue.enabled` of the chart lets the operator read what Kueue says of it, and `kubectl get "
    "workloads` shows it too"
)
_NOTHING_SAID = "Kueue has said nothing of it yet; without Kueue it waits for ever"


def words_of_kueue(
    queue: str | None, workload: Object | None, *, is_read: bool
) -> tuple[Reason, str]:
    """Return why a suspended Job does not run, as reason and sentence.

    Args:
        queue: LocalQueue that its label names; nothing where Kueue takes Jobs without a label.
        workload: what Kueue has made of the Job; nothing as long as it is unknown.
        is_read: whether the operator reads Workloads at all.
    """
    where = f"in LocalQueue '{queue}'" if queue else "for a queue"
    if workload is None:
        explanation = _NOTHING_SAID if is_read else _NOT_READ
        return Reason.QUEUED, f"the Job waits {where} until Kueue starts it; {explanation}"
    if (workload.get("spec") or {}).get("active") is False:
        return Reason.QUEUED, f"the Job waits {where}; its Workload is inactive: {_last(workload)}"
    evicted = _condition(workload, "Evicted")
    if evicted.get("status") == "True":
        message = f"Kueue took the Job's quota away ({evicted['reason']}): {evicted['message']}"
        return Reason.EVICTED, f"{message}; the run goes on when it is admitted again {where}"
    return Reason.QUEUED, f"the Job waits {where}: {_last(workload)}"


def _last(workload: Object) -> str:
    """Return what keeps a Workload from being admitted: its quota, else what comes after that."""
    for type_ in ("QuotaReserved", "Admitted"):
        found = _condition(workload, type_)
        if found.get("status") == "False" and found.get("message"):
            return str(found["message"])
    if _condition(workload, "Admitted").get("status") == "True":
        return "Kueue has admitted it and is about to start it"
    if _condition(workload, "QuotaReserved").get("status") == "True":
        return "its quota is reserved, and admission checks are pending"
    return "Kueue has not looked at it yet"


def _condition(workload: Object, type_: str) -> Object:
    conditions = (workload.get("status") or {}).get("conditions") or ()
    return next((item for item in conditions if item["type"] == type_), {})
