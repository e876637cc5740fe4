"""Bring images from the OCI layout into the cluster, and of each only what is not there yet."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from tidewheel_dev import containerd, errors, paths

__all__ = ["StoredImage", "import_images", "prune", "stored_images"]

_NAME = "io.containerd.image.name"
_REFERENCE = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image in the OCI layout."""

    name: str
    descriptor: dict[str, Any]
    image_id: str
    size_bytes: int
    blobs: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return the digest of the manifest, by which containerd tells images apart."""
        return str(self.descriptor["digest"])


def stored_images(layout: Path) -> dict[str, StoredImage]:
    """Return the images of the layout by name."""
    index = layout / "index.json"
    if not index.exists():
        return {}
    descriptors = json.loads(index.read_text())["manifests"]
    images = [_stored(layout, one) for one in descriptors if _REFERENCE in one["annotations"]]
    return {image.name: image for image in images}


def import_images(cluster: paths.ClusterPaths, layout: Path) -> list[str]:
    """Import the images that the cluster lacks or holds in another state; return their names."""
    present = _images_of(containerd.ctr(cluster, "images", "list"))
    images = stored_images(layout).values()
    wanted = [image for image in images if present.get(image.name) != image.digest]
    if wanted:
        known = set(containerd.ctr(cluster, "content", "list", "--quiet").split())
        _stream(cluster, layout, wanted, known)
    return [image.name for image in wanted]


def prune(layout: Path) -> None:
    """Remove blobs that no image needs any more."""
    needed = {blob for image in stored_images(layout).values() for blob in image.blobs}
    for file in (layout / "blobs/sha256").glob("*"):
        if f"sha256:{file.name}" not in needed:
            file.unlink()


def _stored(layout: Path, descriptor: Mapping[str, Any]) -> StoredImage:
    digest = descriptor["digest"]
    manifest = json.loads(_blob(layout, digest).read_text())
    layers = manifest["layers"]
    config = manifest["config"]["digest"]
    return StoredImage(
        name=descriptor["annotations"][_REFERENCE],
        descriptor=dict(descriptor),
        image_id=config,
        size_bytes=sum(layer["size"] for layer in layers),
        blobs=(digest, config, *(layer["digest"] for layer in layers)),
    )


def _images_of(table: str) -> dict[str, str]:
    """Return name and manifest digest from the table of `ctr images list`."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {row[0]: row[2] for row in rows}


def _stream(
    cluster: paths.ClusterPaths, layout: Path, images: list[StoredImage], known: set[str]
) -> None:
    socket = str(cluster.containerd_socket)
    argv = ["ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", "-"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as importer:
        # Without a temporary file: a layer is read and written once.
        broken: OSError | None = None
        try:
            _write_archive(cast("IO[bytes]", importer.stdin), layout, images, known)
        except OSError as err:
            broken = err
        text, _ = importer.communicate()
    if importer.returncode != 0 or broken is not None:
        raise errors.DevError(f"containerd refused the images: {text.decode(errors='replace')}")


def _write_archive(
    target: IO[bytes], layout: Path, images: list[StoredImage], known: set[str]
) -> None:
    with tarfile.open(fileobj=target, mode="w|") as archive:
        _add_bytes(archive, "oci-layout", (layout / "oci-layout").read_bytes())
        _add_bytes(archive, "index.json", _index(images))
        # The cluster may hold a manifest, but it is small, and the importer wants to read it.
        wanted = {blob: blob in image.blobs[:2] for image in images for blob in image.blobs}
        for blob, always in wanted.items():
            if always or blob not in known:
                file = _blob(layout, blob)
                archive.add(file, arcname=str(file.relative_to(layout)))


def _index(images: Iterable[StoredImage]) -> bytes:
    manifests = [{**image.descriptor, "annotations": {_NAME: image.name}} for image in images]
    return json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")
