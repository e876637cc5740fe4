"""A ValidatingAdmissionPolicy of the chart on a real API server, with people whom it judges."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import yaml
from tests.builders import Object
from tests.integration.lab import Lab, Run
from tests.integration.local_server import LocalServer
from tests.unit.operator.observations import as_sent

from tidewheel_dev import paths, wait

__all__ = ["JANE", "JOE", "created", "policy_in_force"]

JANE, JOE = "jane@example.com", "joe@example.com"


@contextmanager
def policy_in_force(
    server: LocalServer,
    kubectl: Run,
    templates: Sequence[str],
    roles: Sequence[str],
    refused: Object,
    words: str,
) -> Iterator[None]:
    """Install a policy and roles of the chart, give the roles to two people, and take all away.

    Args:
        server: the API server with its tools.
        kubectl: runs kubectl against it.
        templates: the templates of the policy and its binding.
        roles: the last words of the roles' names.
        refused: an object that the policy refuses once it is in force.
        words: what it then says.
    """
    shown = [*templates, *(f"rbac/{role}-clusterrole" for role in roles)]
    rendered = subprocess.run(
        [
            *(server.tools.helm, "template", "tidewheel"),
            *(str(paths.REPOSITORY / "charts" / "tidewheel"), "--namespace=ops"),
            *(f"--show-only=templates/{name}.yaml" for name in shown),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    bindings = [_binding(role) for role in roles]
    text = yaml.safe_dump_all([*yaml.safe_load_all(rendered), *bindings])
    kubectl("create", "-f", "-", stdin=text, check=True)
    try:
        _wait(kubectl, refused, words)
        yield
    finally:
        kubectl("delete", "-f", "-", stdin=text, check=True)


def created(lab: Lab, caller: str, item: Object) -> str:
    """Create an object as somebody, and return what is against it."""
    item["metadata"]["namespace"] = lab.namespace
    done = lab.kubectl("create", f"--as={caller}", "-f", "-", stdin=json.dumps(as_sent(item)))
    return done.stderr.strip()


def _binding(role: str) -> Object:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"people-{role}"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": f"ops-tidewheel-{role}",
        },
        "subjects": [{"kind": "User", "name": name} for name in (JANE, JOE)],
    }


def _wait(kubectl: Run, refused: Object, words: str) -> None:
    """The API server takes a moment to heed a policy."""
    probe = json.dumps(as_sent(refused))

    def missing() -> str | None:
        done = kubectl("create", "--dry-run=server", "-f", "-", stdin=probe)
        return None if words in done.stderr else done.stderr

    wait.until("the policy", missing, timeout_seconds=30, interval_seconds=0.2)
