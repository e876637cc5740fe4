"""Give the cluster a network of its own: a namespace, one link to the host, two host routes.

Nothing else of the machine's network is touched: no firewall rule, no forwarding, no resolver.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

from tidewheel_dev import command, errors, paths

__all__ = [
    "API_SERVICE_IP",
    "CLUSTER_DNS_IP",
    "HOST_IP",
    "NODE_IP",
    "POD_RANGE",
    "SERVICE_RANGE",
    "conflicts",
    "down",
    "enter",
    "up",
]

HOST_IP = "10.89.0.2"
NODE_IP = "10.89.0.1"
POD_RANGE = "10.244.0.0/16"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
CLUSTER_DNS_IP = "10.96.0.10"

_LINK_RANGE = "10.89.0.0/30"


def up(cluster: paths.ClusterPaths) -> None:
    """Create what is missing of the network; run again at will."""
    host_link, node_link = f"{cluster.link_prefix}-host", f"{cluster.link_prefix}-node"
    routes = json.loads(command.output(["ip", "-json", "-4", "route", "show", "table", "all"]))
    if taken := conflicts(routes, host_link):
        raise errors.DevError(
            f"the cluster needs {_LINK_RANGE}, {POD_RANGE} and {SERVICE_RANGE}, "
            f"but this machine routes {taken}; stop what uses it, perhaps another cluster"
        )
    if not _is_namespace(cluster.network_namespace):
        _remove_namespace(cluster)
        command.run(["ip", "netns", "add", cluster.name])
    inside = enter(cluster)
    if not command.succeeds([*inside, "ip", "link", "show", node_link]):
        ends = ["type", "veth", "peer", "name", node_link, "netns", cluster.name]
        command.run(["ip", "link", "add", host_link, *ends])
    _configure_inside(inside, node_link)
    command.run(["ip", "address", "replace", f"{HOST_IP}/30", "dev", host_link])
    command.run(["ip", "link", "set", host_link, "up"])
    for target in (SERVICE_RANGE, POD_RANGE):
        command.run(["ip", "route", "replace", target, "via", NODE_IP, "dev", host_link])


def down(cluster: paths.ClusterPaths) -> None:
    """Remove the link (its routes go with it) and the namespace."""
    host_link = f"{cluster.link_prefix}-host"
    if command.succeeds(["ip", "link", "show", host_link]):
        command.run(["ip", "link", "delete", host_link])
    _remove_namespace(cluster)


def enter(cluster: paths.ClusterPaths) -> list[str]:
    """Return the words that run a program inside the namespace.

    Not `ip netns exec`: that mounts /sys anew and hides the cgroups.
    """
    return ["nsenter", f"--net={cluster.network_namespace}"]


def conflicts(routes: list[dict[str, Any]], host_link: str) -> str | None:
    """Return a route of someone else that overlaps with ours, or None."""
    ours = [ipaddress.IPv4Network(net) for net in (_LINK_RANGE, POD_RANGE, SERVICE_RANGE)]
    for route in routes:
        target = route["dst"]
        if target == "default" or route.get("dev") == host_link:
            continue
        network = ipaddress.IPv4Network(target, strict=False)
        # A wider route, such as 10.0.0.0/8 of a VPN, loses against ours and goes on working.
        if any(network.subnet_of(net) for net in ours):
            return f"{target} to {route.get('dev', 'nowhere')}"
    return None


def _configure_inside(inside: list[str], node_link: str) -> None:
    command.run([*inside, "ip", "link", "set", "lo", "up"])
    command.run([*inside, "ip", "address", "replace", f"{NODE_IP}/30", "dev", node_link])
    command.run([*inside, "ip", "link", "set", node_link, "up"])
    command.run([*inside, "ip", "route", "replace", "default", "via", HOST_IP])
    # The first routing look-up happens before NAT, so the Service range needs a route as well. It
    # ends at a bridge without ports (some kernels lack `dummy`), so that an address without
    # endpoints does not travel back and forth between host and node.
    if not command.succeeds([*inside, "ip", "link", "show", "services"]):
        command.run([*inside, "ip", "link", "add", "services", "type", "bridge"])
    command.run([*inside, "ip", "link", "set", "services", "up"])
    command.run([*inside, "ip", "route", "replace", SERVICE_RANGE, "dev", "services"])
    command.run([*inside, "sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1"])


def _is_namespace(file: Path) -> bool:
    """Say whether the file is a live namespace; after a crash it may be an empty file."""
    return file.exists() and command.succeeds(["nsenter", f"--net={file}", "true"])


def _remove_namespace(cluster: paths.ClusterPaths) -> None:
    if not cluster.network_namespace.exists():
        return
    if not command.succeeds(["ip", "netns", "delete", cluster.name]):
        cluster.network_namespace.unlink(missing_ok=True)
