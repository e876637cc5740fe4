"""An object has a status before any operator ran, and from then on only what the operator wrote."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_contracts.api.v1alpha1.common import pending_conditions

Run = Callable[..., subprocess.CompletedProcess[str]]

VALID = Path(__file__).parent / "valid"


@pytest.mark.parametrize("kind", [kind.singular for kind in KINDS])
def test_new_object_says_that_it_is_pending(kind: str, kubectl: Run, shared_namespace: str) -> None:
    name = _create(kubectl, shared_namespace, kind)

    assert _get(kubectl, shared_namespace, name)["status"] == {"conditions": pending_conditions()}


def test_status_of_the_author_is_ignored(kubectl: Run, namespace: str, crds: None) -> None:
    text = (VALID / "dataset-smallest.yaml").read_text() + "status: {collections: 7}\n"
    kubectl("create", f"--namespace={namespace}", "-f", "-", stdin=text, check=True)

    status = _get(kubectl, namespace, "dataset/flights")["status"]

    assert status == {"conditions": pending_conditions()}


def test_waiting_and_listing_show_the_unknown_state(
    kubectl: Run, namespace: str, crds: None
) -> None:
    name = _create(kubectl, namespace, "modelpipeline")

    waited = kubectl(
        "wait", f"--namespace={namespace}", name, "--for=condition=Ready=Unknown", "--timeout=30s"
    )
    listed = kubectl("get", f"--namespace={namespace}", "tidewheel", "--no-headers", check=True)

    assert waited.returncode == 0, waited.stderr
    assert listed.stdout.split()[:3] == [
        "modelpipeline.tidewheel.dev/flight-delay",
        "Unknown",
        "Pending",
    ]


def test_operator_replaces_the_pending_state(kubectl: Run, namespace: str, crds: None) -> None:
    name = _create(kubectl, namespace, "dataset")
    ready = {
        "type": "Ready",
        "status": "True",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-02T03:04:05Z",
        "reason": "SnapshotReady",
        "message": "",
    }
    _patch(kubectl, namespace, name, {"observedGeneration": 1, "conditions": [ready]})
    _patch(kubectl, namespace, name, {"collections": 3, "sourceFingerprint": "sha256:" + 64 * "a"})
    _patch(kubectl, namespace, name, {"sourceFingerprint": None})

    stored = _get(kubectl, namespace, name)

    assert stored["status"] == {"observedGeneration": 1, "conditions": [ready], "collections": 3}
    assert stored["metadata"]["generation"] == 1


def test_status_is_bounded(kubectl: Run, namespace: str, crds: None) -> None:
    name = _create(kubectl, namespace, "dataset")
    conditions = [{**pending_conditions()[0], "type": f"Type{number}"} for number in range(9)]

    done = _try_patch(kubectl, namespace, name, {"conditions": conditions})

    assert done.stderr.splitlines()[0] == 'The Dataset "flights" is invalid: '
    assert "* status.conditions: Too many: 9: must have at most 8 items" in done.stderr.splitlines()


def _create(kubectl: Run, namespace: str, kind: str) -> str:
    text = (VALID / f"{kind}-smallest.yaml").read_text()
    done = kubectl(
        "create", f"--namespace={namespace}", "--output=name", "-f", "-", stdin=text, check=True
    )
    return done.stdout.strip()


def _get(kubectl: Run, namespace: str, name: str) -> dict[str, Any]:
    done = kubectl("get", f"--namespace={namespace}", name, "--output=json", check=True)
    stored: dict[str, Any] = json.loads(done.stdout)
    return stored


def _patch(kubectl: Run, namespace: str, name: str, status: dict[str, Any]) -> None:
    done = _try_patch(kubectl, namespace, name, status)
    assert done.returncode == 0, done.stderr


def _try_patch(
    kubectl: Run, namespace: str, name: str, status: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    return kubectl(
        "patch",
        f"--namespace={namespace}",
        name,
        "--subresource=status",
        "--type=merge",
        f"--patch={json.dumps({'status': status})}",
    )
