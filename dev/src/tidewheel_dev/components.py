"""Decide the words and the configuration of every process of the cluster; pure.

A function returns what to run, or the content of one configuration file. Nothing here touches the
machine. Flags that are not upstream's default say why.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidewheel_dev import network, paths

__all__ = [
    "API_PORT",
    "DNS_HEALTH_PORT",
    "ETCD_URL",
    "Layout",
    "apiserver",
    "controller_manager",
    "coredns",
    "corefile",
    "etcd",
    "etcd_config",
    "kubelet",
    "kubelet_config",
    "proxy",
    "proxy_config",
    "scheduler",
]

API_PORT = 6443
DNS_HEALTH_PORT = 8181
ETCD_URL = "http://127.0.0.1:2379"

_ETCD_PEER_URL = "http://127.0.0.1:2380"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the flags depend on: the cluster's folders and the two programs."""

    cluster: paths.ClusterPaths
    kubernetes: Path
    coredns: Path

    @property
    def api_url(self) -> str:
        """Return the address of the API server, the same on the host, the node and in pods."""
        return f"https://{network.NODE_IP}:{API_PORT}"

    def certificate(self, name: str) -> tuple[str, str]:
        """Return the paths of a certificate and its key."""
        return str(self.cluster.pki / f"{name}.crt"), str(self.cluster.pki / f"{name}.key")

    def kubeconfig(self, name: str) -> str:
        """Return the path of the kubeconfig of one component."""
        return str(self.cluster.config / f"{name}.kubeconfig")

    def config(self, name: str) -> Path:
        """Return the path of a configuration file."""
        return self.cluster.config / name


def etcd_config(layout: Layout) -> dict[str, Any]:
    """Return etcd's configuration file: loopback of the namespace only, where no pod can come."""
    return {
        "name": layout.cluster.name,
        "data-dir": str(layout.cluster.state / "etcd"),
        "listen-client-urls": ETCD_URL,
        "advertise-client-urls": ETCD_URL,
        "listen-peer-urls": _ETCD_PEER_URL,
        "initial-advertise-peer-urls": _ETCD_PEER_URL,
        "initial-cluster": f"{layout.cluster.name}={_ETCD_PEER_URL}",
        # At "warn" etcd logs every slow request, which on a busy laptop is every request.
        "log-level": "error",
        "logger": "zap",
        "log-outputs": ["stderr"],
    }


def etcd(layout: Layout) -> tuple[str, ...]:
    """Return the words that run etcd, without flushes: only a power cut can lose data."""
    config = str(layout.config("etcd.yaml"))
    return (str(layout.kubernetes), "etcd", "--config-file", config, "--unsafe-no-fsync")


def apiserver(layout: Layout) -> tuple[str, ...]:
    """Return the words that run the API server."""
    pki = layout.cluster.pki
    server_cert, server_key = layout.certificate("apiserver")
    kubelet_cert, kubelet_key = layout.certificate("apiserver-kubelet-client")
    proxy_cert, proxy_key = layout.certificate("front-proxy-client")
    return _argv(
        layout,
        "apiserver",
        {
            "advertise-address": network.NODE_IP,
            "secure-port": str(API_PORT),
            "etcd-servers": ETCD_URL,
            "service-cluster-ip-range": network.SERVICE_RANGE,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": "true",
            "client-ca-file": str(pki / "ca.crt"),
            "tls-cert-file": server_cert,
            "tls-private-key-file": server_key,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(pki / "service-account.pub"),
            "service-account-signing-key-file": str(pki / "service-account.key"),
            "kubelet-certificate-authority": str(pki / "ca.crt"),
            "kubelet-client-certificate": kubelet_cert,
            "kubelet-client-key": kubelet_key,
            "kubelet-preferred-address-types": "InternalIP",
            # Aggregated APIs (metrics-server) are asked with this certificate.
            "requestheader-client-ca-file": str(pki / "ca.crt"),
            "requestheader-allowed-names": "front-proxy-client",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-username-headers": "X-Remote-User",
            "proxy-client-cert-file": proxy_cert,
            "proxy-client-key-file": proxy_key,
            # Upstream waits for load balancers to notice; there is none.
            "shutdown-delay-duration": "0s",
        },
    )


def controller_manager(layout: Layout) -> tuple[str, ...]:
    """Return the words that run the controller manager."""
    pki = layout.cluster.pki
    return _argv(
        layout,
        "controller-manager",
        {
            "kubeconfig": layout.kubeconfig("controller-manager"),
            "authentication-kubeconfig": layout.kubeconfig("controller-manager"),
            "authorization-kubeconfig": layout.kubeconfig("controller-manager"),
            "bind-address": "127.0.0.1",
            "use-service-account-credentials": "true",
            "service-account-private-key-file": str(pki / "service-account.key"),
            "root-ca-file": str(pki / "ca.crt"),
            "cluster-signing-cert-file": str(pki / "ca.crt"),
            "cluster-signing-key-file": str(pki / "ca.key"),
            "cluster-cidr": network.POD_RANGE,
            "allocate-node-cidrs": "true",
            # There is one; an election would cost 15 s after every restart.
            "leader-elect": "false",
        },
    )


def scheduler(layout: Layout) -> tuple[str, ...]:
    """Return the words that run the scheduler."""
    return _argv(
        layout,
        "scheduler",
        {
            "kubeconfig": layout.kubeconfig("scheduler"),
            "authentication-kubeconfig": layout.kubeconfig("scheduler"),
            "authorization-kubeconfig": layout.kubeconfig("scheduler"),
            "bind-address": "127.0.0.1",
            "leader-elect": "false",
        },
    )


def proxy(layout: Layout) -> tuple[str, ...]:
    """Return the words that run kube-proxy."""
    return _argv(layout, "proxy", {"config": str(layout.config("proxy.yaml"))})


def proxy_config(layout: Layout) -> dict[str, Any]:
    """Return the KubeProxyConfiguration."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": layout.kubeconfig("proxy")},
        "hostnameOverride": layout.cluster.name,
        "clusterCIDR": network.POD_RANGE,
        "mode": "nftables",
        # Upstream gathers changes for a second; with few Services nobody need wait for it.
        "nftables": {"minSyncPeriod": "100ms", "syncPeriod": "30s"},
        # Zero means: leave the settings of the machine alone.
        "conntrack": {
            "maxPerCore": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }


def kubelet(layout: Layout) -> tuple[str, ...]:
    """Return the words that run the kubelet."""
    return _argv(
        layout,
        "kubelet",
        {
            "kubeconfig": layout.kubeconfig("kubelet"),
            "config": str(layout.config("kubelet.yaml")),
            "root-dir": str(layout.cluster.state / "kubelet"),
            "hostname-override": layout.cluster.name,
            "node-ip": network.NODE_IP,
        },
    )


def kubelet_config(layout: Layout) -> dict[str, Any]:
    """Return the KubeletConfiguration."""
    certificate, key = layout.certificate("kubelet-server")
    state = layout.cluster.state
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{layout.cluster.containerd_socket}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.cluster.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": certificate,
        "tlsPrivateKeyFile": key,
        "clusterDNS": [network.CLUSTER_DNS_IP],
        "clusterDomain": "cluster.local",
        # Pods ask the cluster's DNS only; the machine's resolvers are out of their reach.
        "resolvConf": "",
        "cgroupDriver": "cgroupfs",
        # A subtree of our own, so that stopping finds every process of every pod.
        "cgroupRoot": f"/tidewheel-{layout.cluster.name}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "maxPods": 200,
        "podLogsDir": str(state / "pod-logs"),
        "volumePluginDir": str(state / "kubelet-volume-plugins"),
        "seccompDefault": True,
        # Images are imported, never pulled: what the kubelet collects would not come back.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "1%",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
    }


def coredns(layout: Layout) -> tuple[str, ...]:
    """Return the words that run CoreDNS."""
    return (str(layout.coredns), "-conf", str(layout.config("Corefile")))


def corefile(layout: Layout) -> str:
    """Return CoreDNS's configuration: cluster names only, all others do not exist.

    Two blocks, because in one block `template` would answer before `kubernetes` is asked.
    """
    return f"""\
cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {{
    bind {network.NODE_IP}
    errors
    ready {network.NODE_IP}:{DNS_HEALTH_PORT}
    kubernetes {{
        kubeconfig {layout.kubeconfig("coredns")}
        ttl 5
    }}
}}
.:53 {{
    bind {network.NODE_IP}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def _argv(layout: Layout, name: str, flags: dict[str, str]) -> tuple[str, ...]:
    return (str(layout.kubernetes), name, *(f"--{flag}={value}" for flag, value in flags.items()))
