"""What is wrong with how processes ended and with what they said. Pure."""

import json
from collections.abc import Sequence

__all__ = ["is_afresh", "process_problems"]

# What the kernel says of a process that was killed.
_KILLED = -9
# The one end of its own that is documented: watches cannot go on, so the process starts afresh.
_AFRESH = "watches have ended; the process ends to start afresh"
_WATCHES = ("kopf", "tidewheel_operator.kopf_adapter")
_SHOWN = 1500


def is_afresh(log: str) -> bool:
    """Tell whether a process has said that it makes room for a fresh one."""
    return _AFRESH in log


def process_problems(
    ends: Sequence[int], kills: int, log: str, *, may_end_watching: bool = False
) -> list[str]:
    """Return what no operator may do: end without a reason, or fail with a traceback."""
    own = [code for code in ends if code != _KILLED]
    documented = log.count(_AFRESH) if may_end_watching else 0
    problems = []
    if len(own) > documented:
        problems.append(f"the process ended by itself with {own}")
    if len(ends) - len(own) != kills:
        problems.append(f"it was killed {len(ends) - len(own)} times instead of {kills} times")
    tracebacks = [
        line
        for line in log.splitlines()
        if "Traceback" in line and not (documented and _is_about_watches(line))
    ]
    return problems + [f"the log has a traceback: {line[:_SHOWN]}" for line in tracebacks[:1]]


def _is_about_watches(line: str) -> bool:
    try:
        logger: str = json.loads(line)["logger"]
    except (ValueError, KeyError):
        return False
    # What kopf leaves unfinished when it ends, asyncio tells of.
    return logger.startswith(_WATCHES) or (logger == "asyncio" and "/kopf/" in line)
