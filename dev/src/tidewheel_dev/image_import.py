"""Bring stored images into the cluster, and of each only what is not there yet."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from tidewheel_dev import containerd, errors, image_store, paths

__all__ = ["import_images"]

_NAME = "io.containerd.image.name"


def import_images(cluster: paths.ClusterPaths, layout: Path) -> list[str]:
    """Import the images that the cluster lacks or holds in another state; return their names."""
    present = _present(containerd.ctr(cluster, "images", "list"))
    images = image_store.stored_images(layout).values()
    wanted = [image for image in images if present.get(image.name) != image.digest]
    if wanted:
        known = set(containerd.ctr(cluster, "content", "list", "--quiet").split())
        _stream(cluster, layout, wanted, known)
    return [image.name for image in wanted]


def _present(table: str) -> dict[str, str]:
    """Return name and manifest digest from the table of `ctr images list`."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {row[0]: row[2] for row in rows}


def _stream(
    cluster: paths.ClusterPaths,
    layout: Path,
    images: list[image_store.StoredImage],
    known: set[str],
) -> None:
    argv = containerd.ctr_argv(cluster, "images", "import", "-")
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
    target: IO[bytes], layout: Path, images: list[image_store.StoredImage], known: set[str]
) -> None:
    with tarfile.open(fileobj=target, mode="w|") as archive:
        _add_bytes(archive, "oci-layout", (layout / "oci-layout").read_bytes())
        _add_bytes(archive, "index.json", _index(images))
        # The cluster may hold a manifest, but it is small, and the importer wants to read it.
        wanted = {blob: blob in image.blobs[:2] for image in images for blob in image.blobs}
        for blob, always in wanted.items():
            if always or blob not in known:
                file = image_store.blob_file(layout, blob)
                archive.add(file, arcname=str(file.relative_to(layout)))


def _index(images: Iterable[image_store.StoredImage]) -> bytes:
    manifests = [{**image.descriptor, "annotations": {_NAME: image.name}} for image in images]
    return json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
