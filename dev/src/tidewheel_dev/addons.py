"""The objects that make cluster DNS known to the cluster, as data; pure."""

from __future__ import annotations

from typing import Any

from tidewheel_dev import network

__all__ = ["dns_objects"]

_SERVICE = "kube-dns"
_NAMESPACED = "/api/v1/namespaces/kube-system/services/kube-dns"
_SLICE = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ROLE = "system:coredns"


def dns_objects() -> dict[str, dict[str, Any]]:
    """Return the objects by API path.

    CoreDNS runs as a plain process on the node, so its Service has no selector and its endpoints
    are written by hand.
    """
    return {
        f"{_RBAC}/clusterroles/{_ROLE}": _cluster_role(),
        f"{_RBAC}/clusterrolebindings/{_ROLE}": _cluster_role_binding(),
        _NAMESPACED: _service(),
        _SLICE: _endpoint_slice(),
    }


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": _SERVICE, "labels": {"kubernetes.io/name": "CoreDNS"}},
        "spec": {"clusterIP": network.CLUSTER_DNS_IP, "ports": _ports()},
    }


def _endpoint_slice() -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": _SERVICE, "labels": {"kubernetes.io/service-name": _SERVICE}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [network.NODE_IP], "conditions": {"ready": True}}],
        "ports": _ports(),
    }


def _ports() -> list[dict[str, Any]]:
    return [
        {"name": "dns", "protocol": "UDP", "port": 53},
        {"name": "dns-tcp", "protocol": "TCP", "port": 53},
    ]


def _cluster_role() -> dict[str, Any]:
    reads = ["list", "watch"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": _ROLE},
        "rules": [
            {"apiGroups": [""], "resources": ["namespaces", "pods", "services"], "verbs": reads},
            {
                "apiGroups": ["discovery.k8s.io"],
                "resources": ["endpointslices"],
                "verbs": reads,
            },
        ],
    }


def _cluster_role_binding() -> dict[str, Any]:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": _ROLE}
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:coredns"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": _ROLE},
        "roleRef": role,
        "subjects": [user],
    }
