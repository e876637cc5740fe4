"""Run the real Kueue in the cluster: built from its Go module, with its module's own manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tidewheel_dev import command, images, paths, wait
from tidewheel_dev.cluster import ClusterHandle
from tidewheel_dev.data_servers.go_program import go_build, go_program

__all__ = ["IMAGE", "adapted", "ensure", "manifests", "running"]

Object = dict[str, Any]

IMAGE = "localhost/tidewheel-kueue:dev"
_MODULE = "sigs.k8s.io/kueue"
_SOURCE = paths.REPOSITORY / "dev" / "kueue"
_NAMESPACE = "kueue-system"
_DEPLOYMENT = "kueue-controller-manager"
_READY_SECONDS = 180.0
# Kueue itself, and Jobs; upstream's webhooks of other kinds would hold up the pods of other tests.
_GROUPS = frozenset({"kueue.x-k8s.io", "batch"})
_FRAMEWORKS = ("batch/job",)
_PROBE = {
    "apiVersion": "kueue.x-k8s.io/v1beta2",
    "kind": "ResourceFlavor",
    "metadata": {"name": "probe"},
}
_EVERYWHERE = ("--all-namespaces",)
_HELD = (
    ("workloads", _EVERYWHERE),
    ("localqueues", _EVERYWHERE),
    ("clusterqueues", ()),
    ("resourceflavors", ()),
)


def ensure() -> Path:
    """Return the program, built first when it is missing."""
    return go_program(
        _SOURCE,
        "kueue",
        "build Kueue (minutes)",
        lambda _, target: go_build(f"{_MODULE}/cmd/kueue", target, _SOURCE),
    )


@contextmanager
def running(cluster: ClusterHandle) -> Iterator[None]:
    """Install Kueue, and remove it and all of its objects at the end."""
    images.ensure_program(IMAGE, ensure())
    kubectl = [str(cluster.kubectl), f"--kubeconfig={cluster.kubeconfig}"]
    items = adapted(manifests(cluster.kubectl))
    try:
        apply = ["apply", "--server-side", "--force-conflicts"]
        command.run([*kubectl, *apply, f"--filename={_written('kueue.yaml', items)}"])
        _wait_until_ready(kubectl)
        yield
    finally:
        # The other way round: without their server the webhooks would refuse everybody's Jobs.
        _remove(kubectl, _written("kueue-reversed.yaml", items[::-1]))


def _written(name: str, objects: list[Object]) -> Path:
    file = paths.cache_folder() / name
    file.write_text(yaml.safe_dump_all(objects))
    return file


def adapted(upstream: Iterable[Object]) -> list[Object]:
    """Return upstream's manifests for one small node: our image, Jobs alone, no aggregated API."""
    return [_adapted(item) for item in upstream if item["kind"] != "APIService"]


def _adapted(item: Object) -> Object:
    if item["kind"] == "Deployment":
        return _with_our_image(item)
    if item["kind"].endswith("WebhookConfiguration"):
        kept = [one for one in item["webhooks"] if _GROUPS.issuperset(_groups_of(one))]
        return {**item, "webhooks": kept}
    if item["kind"] == "ConfigMap":
        return {**item, "data": {name: _for_jobs(text) for name, text in item["data"].items()}}
    return item


def _groups_of(webhook: Object) -> list[str]:
    return [group for rule in webhook["rules"] for group in rule["apiGroups"]]


def _for_jobs(configuration: str) -> str:
    content = yaml.safe_load(configuration)
    return yaml.safe_dump({**content, "integrations": {"frameworks": list(_FRAMEWORKS)}})


def _with_our_image(deployment: Object) -> Object:
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    ours = {
        **container,
        "command": ["/kueue"],
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    template = {**deployment["spec"]["template"], "spec": {**pod, "containers": [ours]}}
    return {**deployment, "spec": {**deployment["spec"], "template": template}}


def manifests(kubectl: Path) -> list[Object]:
    """Return what upstream installs, from the folder of the module in Go's cache."""
    module = command.output(["go", "list", "-m", "-f", "{{.Dir}}", _MODULE], cwd=_SOURCE)
    text = command.output([str(kubectl), "kustomize", f"{module}/config/default"])
    return [item for item in yaml.safe_load_all(text) if item]


def _wait_until_ready(kubectl: list[str]) -> None:
    """Wait for the Deployment, and for the certificate by which its webhooks are called."""
    place = ["--namespace", _NAMESPACE, f"--timeout={_READY_SECONDS:.0f}s"]
    command.run([*kubectl, "rollout", "status", f"deployment/{_DEPLOYMENT}", *place])

    probe = _written("kueue-probe.yaml", [_PROBE])

    def missing() -> str | None:
        dry_run = [*kubectl, "create", "--dry-run=server", f"--filename={probe}"]
        return None if command.succeeds(dry_run) else "they do not answer"

    wait.until("Kueue's webhooks", missing, timeout_seconds=_READY_SECONDS, interval_seconds=1)


def _remove(kubectl: list[str], file: Path) -> None:
    """Remove Kueue's objects while it still runs, for it holds them by finalizers."""
    for kind, scope in _HELD:
        delete = [*kubectl, "delete", f"{kind}.kueue.x-k8s.io", "--all", *scope, "--timeout=60s"]
        command.succeeds(delete)
    command.run([*kubectl, "delete", "--ignore-not-found", "--timeout=120s", f"--filename={file}"])
