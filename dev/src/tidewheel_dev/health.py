"""Ask every part of the cluster how it is, and wait with a reason until it is well."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tidewheel_dev import (
    addons,
    api,
    command,
    components,
    containerd,
    errors,
    network,
    paths,
    processes,
    wait,
)

__all__ = [
    "PROGRAMS",
    "ProcessState",
    "apply_dns",
    "problems",
    "process_states",
    "wait_for_api",
    "wait_for_containerd",
    "wait_for_everything",
]

PROGRAMS = (
    "etcd",
    "containerd",
    "apiserver",
    "controller-manager",
    "scheduler",
    "kubelet",
    "proxy",
    "coredns",
)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process of the cluster as it is now."""

    name: str
    pid: int | None
    resident_bytes: int


def process_states(cluster: paths.ClusterPaths) -> list[ProcessState]:
    """Return the state of every process, running or not."""
    return [
        ProcessState(name, pid, _resident_bytes(pid) if pid else 0)
        for name in PROGRAMS
        for pid in (processes.running_pid(cluster, name),)
    ]


def problems(cluster: paths.ClusterPaths) -> list[str]:
    """Return what is wrong with the cluster now; empty when it is healthy."""
    found = [f"{state.name} does not run" for state in process_states(cluster) if not state.pid]
    if found:
        return found
    return [reason for reason in (check(cluster) for check in _CHECKS) if reason is not None]


def wait_for_api(cluster: paths.ClusterPaths, timeout_seconds: float) -> None:
    """Wait until the API server is ready."""
    needed = ("etcd", "apiserver")
    wait.until(
        "the API server",
        _with_processes(cluster, needed, _api_is_missing),
        timeout_seconds=timeout_seconds,
    )


def wait_for_containerd(cluster: paths.ClusterPaths, timeout_seconds: float) -> None:
    """Wait until containerd answers."""
    wait.until(
        "containerd",
        _with_processes(cluster, ("containerd",), _containerd_is_missing),
        timeout_seconds=timeout_seconds,
    )


def wait_for_everything(cluster: paths.ClusterPaths, timeout_seconds: float) -> None:
    """Wait until all checks pass."""
    for check in _CHECKS:
        wait.until(
            "a healthy cluster",
            _with_processes(cluster, PROGRAMS, check),
            timeout_seconds=timeout_seconds,
        )


def apply_dns(cluster: paths.ClusterPaths) -> None:
    """Make cluster DNS known to the cluster."""
    server = api.connect(cluster.kubeconfig)
    for path, body in addons.dns_objects().items():
        server.apply(path, body)


def _with_processes(
    cluster: paths.ClusterPaths,
    needed: tuple[str, ...],
    check: Callable[[paths.ClusterPaths], str | None],
) -> Callable[[], str | None]:
    """Return the check, which gives up at once when a process that it needs has died."""

    def missing() -> str | None:
        for name in needed:
            if processes.running_pid(cluster, name) is None:
                raise errors.DevError(f"{name} has ended; {processes.log_tail(cluster, name)}")
        return check(cluster)

    return missing


def _api_is_missing(cluster: paths.ClusterPaths) -> str | None:
    try:
        api.connect(cluster.kubeconfig).text("/readyz")
    except (OSError, ssl.SSLError, api.RefusedError) as err:
        return f"/readyz: {err}"
    return None


def _containerd_is_missing(cluster: paths.ClusterPaths) -> str | None:
    try:
        containerd.ctr(cluster, "version")
    except errors.DevError as err:
        return str(err)
    return None


def _node_is_missing(cluster: paths.ClusterPaths) -> str | None:
    try:
        node = api.connect(cluster.kubeconfig).get(f"/api/v1/nodes/{cluster.name}")
    except (OSError, api.RefusedError) as err:
        return f"node {cluster.name}: {err}"
    return next(_node_obstacles(node), None)


def _node_obstacles(node: dict[str, object]) -> Iterator[str]:
    status = node["status"]
    if not isinstance(status, dict):
        yield "the node has no status"
        return
    ready = [one for one in status.get("conditions", []) if one["type"] == "Ready"]
    if not ready:
        yield "the kubelet has not reported yet"
    for condition in ready:
        if condition["status"] != "True":
            yield f"node not Ready: {condition.get('reason')}: {condition.get('message')}"


def _default_account_is_missing(cluster: paths.ClusterPaths) -> str | None:
    try:
        api.connect(cluster.kubeconfig).get("/api/v1/namespaces/default/serviceaccounts/default")
    except (OSError, api.RefusedError) as err:
        return f"ServiceAccount default: {err}"
    return None


def _dns_is_missing(cluster: paths.ClusterPaths) -> str | None:
    del cluster  # there is one address for all
    url = f"http://{network.NODE_IP}:{components.DNS_HEALTH_PORT}/ready"
    # A proxy of the machine knows nothing of the node's address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return None
    except OSError as err:
        return f"CoreDNS: {err}"


def _services_are_missing(cluster: paths.ClusterPaths) -> str | None:
    """Look for kube-proxy's own table: until then no Service address works."""
    rules = [*network.enter(cluster), "nft", "list", "map", "ip", "kube-proxy", "service-ips"]
    try:
        found = command.output(rules)
    except errors.DevError:
        return "kube-proxy has written no rules yet"
    return None if network.CLUSTER_DNS_IP in found else "kube-proxy does not know the DNS Service"


def _resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


_CHECKS = (
    _api_is_missing,
    _containerd_is_missing,
    _node_is_missing,
    _default_account_is_missing,
    _dns_is_missing,
    _services_are_missing,
)
