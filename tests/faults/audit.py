"""The API server's own record of who wrote what and when: no client can embellish it."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

_WRITES = ("create", "update", "patch", "delete")


@dataclass(frozen=True, slots=True)
class AuditedWrite:
    """One write that the server answered."""

    replica: str
    verb: str
    resource: str
    name: str
    received: datetime
    code: int


def audit_flags(folder: Path) -> dict[str, str]:
    """Return the flags that make an API server record all writes in a folder."""
    policy = folder / "audit-policy.yaml"
    rule = {"level": "Metadata", "verbs": list(_WRITES), "omitStages": ["RequestReceived"]}
    content = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [rule, {"level": "None"}],
    }
    policy.write_text(yaml.safe_dump(content))
    return {
        "audit-policy-file": str(policy),
        "audit-log-path": str(_log(folder)),
        "audit-log-mode": "blocking",
    }


def audited_writes(folder: Path, namespace: str) -> list[AuditedWrite]:
    """Return the writes of operators in a namespace, in order of their arrival."""
    lines = _log(folder).read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    found = [
        AuditedWrite(
            replica=entry["userAgent"].partition("(")[2].rstrip(")"),
            verb=entry["verb"],
            resource=entry["objectRef"]["resource"],
            name=entry["objectRef"].get("name", ""),
            received=datetime.fromisoformat(entry["requestReceivedTimestamp"]),
            code=entry["responseStatus"]["code"],
        )
        for entry in entries
        if entry["userAgent"].startswith("tidewheel-operator")
        and entry["objectRef"].get("namespace") == namespace
    ]
    return sorted(found, key=lambda write: write.received)


def _log(folder: Path) -> Path:
    return folder / "audit.log"
