"""Bring the cluster up, take it down, say how it is; each works whatever state it finds."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from tidewheel_dev import (
    command,
    containerd,
    errors,
    health,
    images,
    kernel,
    locking,
    network,
    packages,
    paths,
    prepare,
    processes,
    progress,
    toolchain,
    wait,
)

__all__ = ["ClusterHandle", "build", "down", "ensure_cluster", "is_up", "up", "up_with_images"]

# The others need the API server, so it and what it and the images need come first.
_FIRST = ("etcd", "containerd", "apiserver")
_START_SECONDS = 120
# Data of one life of the cluster. Images and certificates outlive it.
_FORGOTTEN = ("etcd", "kubelet", "kubelet-volume-plugins", "pod-logs", "processes")


@dataclass(frozen=True, slots=True)
class ClusterHandle:
    """What a test or the demo needs of a running cluster."""

    name: str
    kubeconfig: Path
    kubectl: Path
    helm: Path
    state: Path
    host_ip: str
    """Where pods reach a program that listens on the host."""


def ensure_cluster() -> ClusterHandle:
    """Return the running cluster, started or repaired first when need be."""
    return up()


def build() -> None:
    """Install, download and build everything, tools and images at the same time."""
    packages.require_root("run the embedded cluster")
    packages.ensure(packages.CLUSTER | packages.IMAGES)
    progress.all_at_once(toolchain.ensure, images.ensure)


def up_with_images() -> ClusterHandle:
    """Build what is missing and return the running cluster with all images in it."""
    build()
    return up()


def up(cluster: paths.ClusterPaths | None = None) -> ClusterHandle:
    """Start what does not run and wait until all of it is healthy."""
    cluster = cluster or paths.cluster_paths()
    packages.require_root("run the embedded cluster")
    packages.ensure(packages.CLUSTER)
    tools = toolchain.ensure()
    images.ensure_pause()
    with locking.exclusive(cluster.state / "lock"):
        started = _start(cluster, tools)
    if started:
        progress.say(f"  cluster {cluster.name} is up; started: {', '.join(started)}")
    return ClusterHandle(
        name=cluster.name,
        kubeconfig=cluster.kubeconfig,
        kubectl=tools.kubectl,
        helm=tools.helm,
        state=cluster.state,
        host_ip=network.HOST_IP,
    )


def down(cluster: paths.ClusterPaths | None = None) -> None:
    """Stop the cluster and forget its objects; keep its images and certificates."""
    cluster = cluster or paths.cluster_paths()
    packages.require_root("stop the embedded cluster")
    with locking.exclusive(cluster.state / "lock"), progress.step(f"stop cluster {cluster.name}"):
        _stop_everything(cluster)
        _kill_shims(cluster)
        kernel.unmount([cluster.state, cluster.run])
        kernel.remove_cgroups(cluster)
        network.down(cluster)
        kernel.restore_settings(cluster)
        for name in _FORGOTTEN:
            shutil.rmtree(cluster.state / name, ignore_errors=True)
        shutil.rmtree(cluster.run, ignore_errors=True)


def is_up(cluster: paths.ClusterPaths | None = None) -> bool:
    """Say whether an API server of this cluster runs, healthy or not."""
    return processes.running_pid(cluster or paths.cluster_paths(), "apiserver") is not None


def _start(cluster: paths.ClusterPaths, tools: toolchain.Tools) -> list[str]:
    programs = {program.name: program for program in prepare.everything(cluster, tools)}
    first = [programs.pop(name) for name in _FIRST]
    kernel.remember_settings(cluster)
    kernel.create_cgroups(cluster)
    network.up(cluster)
    inside = network.enter(cluster)

    def start(some: list[processes.Program]) -> list[str]:
        return [p.name for p in some if processes.ensure_running(cluster, p, inside)]

    started = start(first)
    health.wait_for_api(cluster, _START_SECONDS)
    health.wait_for_containerd(cluster, _START_SECONDS)
    images.import_missing(cluster)
    started += start(list(programs.values()))
    health.apply_dns(cluster)
    health.wait_for_everything(cluster, _START_SECONDS)
    return started


def _stop_everything(cluster: paths.ClusterPaths) -> None:
    """Stop in the order in which nothing waits for what is gone already."""
    # Without the kubelet nothing restarts a pod, and without pods nobody watches the API server,
    # which would wait for its watchers to leave.
    processes.stop_all(cluster, ["kubelet"])
    _remove_pods(cluster)
    names = processes.all_records(cluster)
    # The API server takes its leave from etcd.
    processes.stop_all(cluster, [name for name in names if name != "etcd"])
    processes.stop_all(cluster, ["etcd"])


def _remove_pods(cluster: paths.ClusterPaths) -> None:
    kernel.kill_pods(cluster)
    if processes.running_pid(cluster, "containerd") is None:
        return

    def left_over() -> str | None:
        for kind, force in (("tasks", ["--force"]), ("containers", [])):
            if found := containerd.ctr(cluster, kind, "list", "--quiet").split():
                # containerd notices the dead by itself, so some of these are gone meanwhile.
                command.succeeds(containerd.ctr_argv(cluster, kind, "remove", *force, *found))
        left = containerd.ctr(cluster, "containers", "list", "--quiet").split()
        return f"containers {', '.join(left)} are still there" if left else None

    try:
        wait.until("the end of all pods", left_over, timeout_seconds=10)
    except errors.DevError as err:
        # Not worth more: the next kubelet removes what it does not know.
        progress.say(f"  {err}")


def _kill_shims(cluster: paths.ClusterPaths) -> None:
    for pid in containerd.shim_pids(cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
