"""Configure containerd and its pod network; pure but for `ctr`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidewheel_dev import command, paths

__all__ = ["PAUSE_IMAGE", "argv", "cni_config", "config", "ctr", "ctr_argv", "shim_pids"]

PAUSE_IMAGE = "localhost/tidewheel-pause:dev"

# The API server hands out node ranges in order, so the only node gets the first one.
_NODE_POD_RANGE = "10.244.0.0/24"


def argv(cluster: paths.ClusterPaths) -> tuple[str, ...]:
    """Return the words that run containerd."""
    return ("/usr/bin/containerd", "--config", str(cluster.config / "containerd.toml"))


def config(cluster: paths.ClusterPaths) -> str:
    """Return containerd's configuration file.

    `restrict_oom_score_adj`: a virtual machine may forbid to lower oom_score_adj, and then no
    sandbox starts ("can't get final child's PID from pipe: EOF").
    """
    return f"""\
version = 2
root = "{cluster.state}/containerd"
state = "{cluster.run}/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{cluster.containerd_socket}"

[debug]
  level = "warn"

[plugins."io.containerd.internal.v1.opt"]
  path = "{cluster.state}/containerd-opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{cluster.config}/cni"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "{cluster.run}/runc"
      SystemdCgroup = false
"""


def cni_config(cluster: paths.ClusterPaths) -> dict[str, Any]:
    """Return the pod network: one bridge, no masquerade because the host routes to the pods."""
    return {
        "cniVersion": "0.4.0",
        "name": "tidewheel",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": _NODE_POD_RANGE}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    # Under /run: after a reboot no pod is left that holds an address.
                    "dataDir": f"{cluster.run}/pod-addresses",
                },
            }
        ],
    }


def ctr(cluster: paths.ClusterPaths, *arguments: str) -> str:
    """Run containerd's own client and return what it printed."""
    return command.output(ctr_argv(cluster, *arguments))


def ctr_argv(cluster: paths.ClusterPaths, *arguments: str) -> list[str]:
    """Return the words that run containerd's client in the namespace that Kubernetes uses."""
    socket = str(cluster.containerd_socket)
    return ["ctr", "--address", socket, "--namespace", "k8s.io", *arguments]


def shim_pids(cluster: paths.ClusterPaths, proc: Path = Path("/proc")) -> Sequence[int]:
    """Return the pids of the shims that belong to this containerd's socket."""
    socket = str(cluster.containerd_socket).encode()
    found = []
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"containerd-shim-runc-v2") and socket in words:
            found.append(int(folder.name))
    return found
