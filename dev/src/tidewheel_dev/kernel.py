"""Keep the kernel's shared state tidy: cgroups of pods, mounts of pods, settings of the kubelet."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

from tidewheel_dev import command, paths

__all__ = [
    "create_cgroups",
    "kill_pods",
    "pod_pids",
    "remember_settings",
    "remove_cgroups",
    "restore_settings",
    "unmount",
]

_CGROUPS = Path("/sys/fs/cgroup")
_SETTINGS = Path("/proc/sys")
# The kubelet sets these for the whole machine when it starts.
_KUBELET_SETTINGS = (
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)


def create_cgroups(cluster: paths.ClusterPaths) -> None:
    """Create the root of the pods' cgroups in every hierarchy: the kubelet wants to find it."""
    for folder in _cgroup_roots(cluster):
        folder.mkdir(exist_ok=True)
        # A new cpuset of cgroup v1 has no CPU and no memory until it is given some.
        for name in ("cpuset.cpus", "cpuset.mems"):
            if folder.parent.name == "cpuset":
                (folder / name).write_text((folder.parent / name).read_text())


def kill_pods(cluster: paths.ClusterPaths) -> None:
    """Kill every process of every pod, even when containerd is gone."""
    for pid in pod_pids(cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def pod_pids(cluster: paths.ClusterPaths) -> set[int]:
    """Return the processes of all pods."""
    pids: set[int] = set()
    for root in _cgroup_roots(cluster):
        for file in root.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                pids.update(int(line) for line in file.read_text().split())
    return pids


def remove_cgroups(cluster: paths.ClusterPaths) -> None:
    """Remove the pods' cgroups, the deepest first."""
    for root in _cgroup_roots(cluster):
        if not root.exists():
            continue
        for folder, _, _ in os.walk(root, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()


def unmount(folders: list[Path]) -> None:
    """Unmount everything below the folders, the newest mount first."""
    starts = tuple(f"{folder}/" for folder in folders)
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        # The kernel writes a space in a path as \040.
        target = line.split()[1].encode().decode("unicode_escape")
        if f"{target}/".startswith(starts):
            command.succeeds(["umount", "--lazy", target])


def remember_settings(cluster: paths.ClusterPaths) -> None:
    """Write down the machine's settings before the kubelet changes them."""
    file = _settings_file(cluster)
    if file.exists():
        return
    found = {
        name: (_SETTINGS / name).read_text().strip()
        for name in _KUBELET_SETTINGS
        if (_SETTINGS / name).exists()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found))


def restore_settings(cluster: paths.ClusterPaths) -> None:
    """Give the machine its settings back."""
    file = _settings_file(cluster)
    if not file.exists():
        return
    for name, value in json.loads(file.read_text()).items():
        if name in _KUBELET_SETTINGS:
            (_SETTINGS / name).write_text(value)
    file.unlink()


def _settings_file(cluster: paths.ClusterPaths) -> Path:
    # Under /run: a reboot resets the settings by itself.
    return cluster.run / "settings.json"


def _cgroup_roots(cluster: paths.ClusterPaths) -> list[Path]:
    name = f"tidewheel-{cluster.name}"
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS / name]
    return [folder / name for folder in _CGROUPS.iterdir() if (folder / "cgroup.procs").exists()]
