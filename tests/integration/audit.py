"""The API server's audit log, read while it grows: when each request came and was answered.

The server's own times are the measure, so that neither a client nor a proxy adds any.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from tidewheel_dev import errors

__all__ = ["AuditLog", "Request", "audit_flags", "is_work_of_operator", "recorded"]

WRITES = frozenset({"create", "update", "patch", "delete"})
_POLL_SECONDS = 0.005
_FILE = "audit.log"


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the server answered; times are seconds since the epoch."""

    agent: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    received: float
    answered: float

    @property
    def replica(self) -> str:
        """Return the replica that an operator names in its requests."""
        return self.agent.partition("(")[2].rstrip(")")

    @property
    def has_made_job(self) -> bool:
        """Tell whether this made a Job."""
        return (self.verb, self.resource, self.code) == ("create", "jobs", 201)

    @property
    def run_name(self) -> str:
        """Return the run that a Job's name begins with; a hash follows it."""
        return self.name.rpartition("-")[0]


def is_work_of_operator(request: Request) -> bool:
    """Tell whether an operator wrote this for its objects, not to renew its Lease."""
    is_write = request.verb in WRITES and request.resource != "leases"
    return is_write and request.agent.startswith(("tidewheel-operator", "kopf"))


def audit_flags(folder: Path) -> dict[str, str]:
    """Return the flags that make an API server record what is measured, in a folder."""
    metadata = {"level": "Metadata", "omitStages": ["RequestReceived"]}
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [
            # The server's own upkeep would only fill the log.
            {"level": "None", "users": ["system:apiserver"]},
            {**metadata, "verbs": sorted(WRITES)},
            {"level": "None"},
        ],
    }
    file = folder / "audit-policy.yaml"
    file.write_text(yaml.safe_dump(policy))
    return {
        "audit-policy-file": str(file),
        "audit-log-path": str(folder / _FILE),
        # Nothing may be held back: the measurements read what was answered a moment ago.
        "audit-log-mode": "blocking",
        "audit-log-maxsize": "4000",
    }


def recorded(folder: Path) -> list[Request]:
    """Return all that a server has recorded in a folder, in order of arrival."""
    lines = (folder / _FILE).read_text().splitlines()
    # The last line may be half written.
    found = (_request(json.loads(line)) for line in lines if line.endswith("}"))
    return sorted(found, key=lambda request: request.received)


@dataclass
class AuditLog:
    """Requests in the order of their answers, from the moment this was made."""

    folder: Path
    _offset: int = field(init=False)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        file = self._file
        self._offset = file.stat().st_size if file.exists() else 0

    def read(self) -> list[Request]:
        """Return what was answered since the last time."""
        with self._file.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        self._offset += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [_request(json.loads(line)) for line in lines]

    def wait_for(
        self,
        what: str,
        is_enough: Callable[[Request], bool],
        timeout_seconds: float,
        check: Callable[[], None],
    ) -> list[Request]:
        """Return what was answered up to the first request that is enough.

        Raises:
            DevError: it did not come in time; `check` may raise others, such as that of an end.
        """
        deadline = time.monotonic() + timeout_seconds
        seen: list[Request] = []
        while time.monotonic() < deadline:
            for request in self.read():
                seen.append(request)
                if is_enough(request):
                    return seen
            check()
            time.sleep(_POLL_SECONDS)
        counts = dict(_counted(seen))
        raise errors.DevError(
            f"waited {timeout_seconds:.0f} s for {what}; the API server was asked for {counts}"
        )

    @property
    def _file(self) -> Path:
        return self.folder / _FILE


def _request(entry: dict[str, Any]) -> Request:
    about = entry.get("objectRef") or {}
    return Request(
        agent=entry.get("userAgent", ""),
        verb=entry["verb"],
        resource=about.get("resource", ""),
        subresource=about.get("subresource", ""),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=entry["responseStatus"]["code"],
        received=_seconds(entry["requestReceivedTimestamp"]),
        answered=_seconds(entry["stageTimestamp"]),
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _counted(requests: list[Request]) -> Iterator[tuple[str, int]]:
    kinds = [f"{request.verb} {request.resource} {request.code}" for request in requests]
    for kind in sorted(set(kinds)):
        yield kind, kinds.count(kind)
