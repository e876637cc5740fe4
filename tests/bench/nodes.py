"""Fake nodes: real controllers make pods of Deployments, and kwok says that they are ready."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.server import BenchServer
from tests.builders import Object

from tidewheel_dev import errors, kwok, wait

__all__ = ["running_nodes"]

_COUNT = 20
_PODS_PER_NODE = 1000
_READY_SECONDS = 60
# Upstream's default of 20 calls a second would be what is measured.
_PACE = ("--kube-api-qps=500", "--kube-api-burst=1000")
# What makes pods; the others would only use CPU here.
_CONTROLLERS = ("deployment-controller", "replicaset-controller")


@contextmanager
def running_nodes(server: BenchServer) -> Iterator[None]:
    """Run controllers, scheduler and kwok with its nodes, and end them."""
    programs: list[subprocess.Popen[bytes]] = []
    words = _programs(server)
    try:
        for name, argv in words.items():
            programs.append(_start(server.folder, name, argv))
        server.client.create(*(("/api/v1/nodes", _node(number)) for number in range(_COUNT)))

        def missing() -> str | None:
            for name, program in zip(words, programs, strict=True):
                if program.poll() is not None:
                    log = (server.folder / f"{name}.log").read_text(errors="replace")
                    raise errors.DevError(f"{name} has ended: {log[-2000:]}")
            ready = sum(map(_is_ready, server.client.get("/api/v1/nodes")["items"]))
            return None if ready == _COUNT else f"{ready} of {_COUNT} are ready"

        wait.until("the fake nodes", missing, timeout_seconds=_READY_SECONDS)
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def _programs(server: BenchServer) -> dict[str, list[str]]:
    kubernetes, kubeconfig = str(server.local.tools.kubernetes), server.local.kubeconfig
    fake = kwok.ensure()
    return {
        "controller-manager": [
            kubernetes,
            "controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--controllers={','.join(_CONTROLLERS)}",
            "--leader-elect=false",
            "--secure-port=0",
            "--concurrent-deployment-syncs=16",
            "--concurrent-replicaset-syncs=16",
            *_PACE,
        ],
        "scheduler": [
            kubernetes,
            "scheduler",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            *_PACE,
        ],
        "kwok": [
            str(fake.program),
            f"--config={fake.stages}",
            f"--kubeconfig={kubeconfig}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=0",
        ],
    }


def _start(folder: Path, name: str, argv: list[str]) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)


def _node(number: int) -> Object:
    room = {"cpu": "1000", "memory": "4Ti", "pods": str(_PODS_PER_NODE)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"node-{number:02}"},
        "status": {"allocatable": room, "capacity": room},
    }


def _is_ready(node: Object) -> bool:
    status = node["status"]
    assert isinstance(status, dict)
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in status.get("conditions") or ()
    )
