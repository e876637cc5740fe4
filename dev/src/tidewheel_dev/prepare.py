"""Write certificates and configuration files, and list the programs that read them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import yaml

from tidewheel_dev import (
    components,
    containerd,
    kubeconfig,
    network,
    paths,
    pki,
    processes,
    toolchain,
)

__all__ = ["everything"]

_CLIENTS = ("controller-manager", "scheduler", "proxy", "kubelet", "coredns")


def everything(
    cluster: paths.ClusterPaths, tools: toolchain.Tools
) -> tuple[processes.Program, ...]:
    """Write all files that are missing or outdated and return the programs to run."""
    layout = components.Layout(cluster, kubernetes=tools.kubernetes, coredns=tools.coredns)
    for folder in (cluster.config / "cni", cluster.run):
        folder.mkdir(parents=True, exist_ok=True)
    _write_certificates(cluster)
    _write_kubeconfig(layout, "admin", cluster.kubeconfig)
    for name in _CLIENTS:
        _write_kubeconfig(layout, name, Path(layout.kubeconfig(name)))
    _write(layout.config("etcd.yaml"), yaml.safe_dump(components.etcd_config(layout)))
    _write(layout.config("kubelet.yaml"), yaml.safe_dump(components.kubelet_config(layout)))
    _write(layout.config("proxy.yaml"), yaml.safe_dump(components.proxy_config(layout)))
    _write(layout.config("Corefile"), components.corefile(layout))
    _write(layout.config("containerd.toml"), containerd.config(cluster))
    _write(layout.config("cni/10-pods.conflist"), json.dumps(containerd.cni_config(cluster)))
    return _programs(layout)


def _programs(layout: components.Layout) -> tuple[processes.Program, ...]:
    def program(name: str, argv: tuple[str, ...], *files: str) -> processes.Program:
        return processes.Program(name, argv, tuple(layout.config(file) for file in files))

    certificates = (layout.cluster.pki / "ca.crt",)
    return (
        program("etcd", components.etcd(layout), "etcd.yaml"),
        program(
            "containerd",
            containerd.argv(layout.cluster),
            "containerd.toml",
            "cni/10-pods.conflist",
        ),
        processes.Program("apiserver", components.apiserver(layout), certificates),
        program(
            "controller-manager",
            components.controller_manager(layout),
            "controller-manager.kubeconfig",
        ),
        program("scheduler", components.scheduler(layout), "scheduler.kubeconfig"),
        program("kubelet", components.kubelet(layout), "kubelet.kubeconfig", "kubelet.yaml"),
        program("proxy", components.proxy(layout), "proxy.kubeconfig", "proxy.yaml"),
        program("coredns", components.coredns(layout), "coredns.kubeconfig", "Corefile"),
    )


def _write_certificates(cluster: paths.ClusterPaths) -> None:
    now = dt.datetime.now(dt.UTC)
    wanted = pki.identities(
        node_name=cluster.name,
        node_ip=network.NODE_IP,
        api_service_ip=network.API_SERVICE_IP,
    )
    if not pki.is_complete(cluster.pki, wanted, now):
        pki.write(cluster.pki, pki.files(wanted, now))


def _write_kubeconfig(layout: components.Layout, name: str, file: Path) -> None:
    certificate, key = layout.certificate(name)
    content = kubeconfig.kubeconfig(
        cluster=layout.cluster.name,
        server=layout.api_url,
        ca=(layout.cluster.pki / "ca.crt").read_bytes(),
        certificate=Path(certificate).read_bytes(),
        key=Path(key).read_bytes(),
    )
    _write(file, yaml.safe_dump(content))


def _write(file: Path, content: str) -> None:
    """Write a file that may hold a key; leave it alone when nothing changes."""
    if file.exists() and file.read_text() == content:
        return
    file.touch(mode=0o600)
    file.write_text(content)
