"""Servers outside of the cluster, under the names of Services, as many companies have them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.lab import Run
from tests.servers import cutting_proxy

from tidewheel_dev import network

__all__ = ["served"]

Object = dict[str, Any]


@contextmanager
def served(kubectl: Run, address: str, upstream_port: int) -> Iterator[None]:
    """Let pods reach a port of loopback as `service.namespace:port`."""
    host, _, port = address.partition(":")
    name, _, namespace = host.partition(".")
    with cutting_proxy.running(f"tcp://127.0.0.1:{upstream_port}", network.HOST_IP) as proxy:
        listening = urlsplit(proxy.endpoint).port
        for manifest in (_service(name, int(port)), _endpoints(name, listening)):
            kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(manifest), check=True)
        yield


def _service(name: str, port: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": port}]},
    }


def _endpoints(name: str, port: int | None) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"port": port}],
        "endpoints": [{"addresses": [network.HOST_IP]}],
    }
