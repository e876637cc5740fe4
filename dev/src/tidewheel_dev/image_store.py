"""Keep built images as an OCI layout with uncompressed layers, each layer once.

buildah's own `oci:` target compresses every layer, which costs more time on the way in and out of
one machine than the disk space is worth; its `dir:` target does not, but holds one image only.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidewheel_dev import buildah

__all__ = ["StoredImage", "add", "blob_file", "prune", "stored_images"]

_REFERENCE = "org.opencontainers.image.ref.name"
_BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image in the layout."""

    name: str
    descriptor: dict[str, Any]
    image_id: str
    size_bytes: int
    blobs: tuple[str, ...]
    """The digests of the manifest, the configuration and the layers, in this order."""

    @property
    def digest(self) -> str:
        """Return the digest of the manifest, by which containerd tells images apart."""
        return self.blobs[0]


def add(layout: Path, tag: str) -> None:
    """Copy an image from buildah's store into the layout, in place of an older one of its name."""
    (layout / "blobs/sha256").mkdir(parents=True, exist_ok=True)
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    with tempfile.TemporaryDirectory(dir=layout) as name:
        buildah.push(tag, f"dir:{name}")
        for file in Path(name).iterdir():
            if _BLOB.fullmatch(file.name):
                file.rename(layout / "blobs/sha256" / file.name)
        manifest = (Path(name) / "manifest.json").read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(manifest)
    descriptor = {
        "mediaType": json.loads(manifest)["mediaType"],
        "digest": f"sha256:{digest}",
        "size": len(manifest),
        "annotations": {_REFERENCE: tag},
    }
    others = [one for one in _descriptors(layout) if one["annotations"][_REFERENCE] != tag]
    index = {"schemaVersion": 2, "manifests": [*others, descriptor]}
    unfinished = layout / "index.json.new"
    unfinished.write_text(json.dumps(index, indent=2))
    unfinished.replace(layout / "index.json")


def stored_images(layout: Path) -> dict[str, StoredImage]:
    """Return the images of the layout by name."""
    images = [_stored(layout, descriptor) for descriptor in _descriptors(layout)]
    return {image.name: image for image in images}


def prune(layout: Path) -> None:
    """Remove blobs that no image needs any more."""
    needed = {blob for image in stored_images(layout).values() for blob in image.blobs}
    for file in (layout / "blobs/sha256").glob("*"):
        if f"sha256:{file.name}" not in needed:
            file.unlink()


def blob_file(layout: Path, digest: str) -> Path:
    """Return where the layout keeps the content of this digest."""
    return layout / "blobs" / digest.replace(":", "/")


def _descriptors(layout: Path) -> list[dict[str, Any]]:
    try:
        return list(json.loads((layout / "index.json").read_text())["manifests"])
    except FileNotFoundError:
        return []


def _stored(layout: Path, descriptor: Mapping[str, Any]) -> StoredImage:
    digest = descriptor["digest"]
    manifest = json.loads(blob_file(layout, digest).read_text())
    layers = manifest["layers"]
    config = manifest["config"]["digest"]
    return StoredImage(
        name=descriptor["annotations"][_REFERENCE],
        descriptor=dict(descriptor),
        image_id=config,
        size_bytes=sum(layer["size"] for layer in layers),
        blobs=(digest, config, *(layer["digest"] for layer in layers)),
    )
