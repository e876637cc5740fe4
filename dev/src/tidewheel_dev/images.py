"""Build the images whose inputs changed and bring them into the cluster."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidewheel_dev import (
    base_image,
    build_inputs,
    buildah,
    containerd,
    errors,
    image_import,
    image_store,
    locking,
    packages,
    paths,
    processes,
    progress,
    toolchain,
)

__all__ = [
    "BASE",
    "NAMES",
    "Image",
    "ensure",
    "ensure_pause",
    "ensure_program",
    "import_missing",
    "with_dockerfile",
]

BASE = "localhost/tidewheel-base:dev"


@dataclass(frozen=True, slots=True)
class Image:
    """One image that is built from a Dockerfile, with the repository as its context."""

    name: str
    dockerfile: str

    @property
    def tag(self) -> str:
        """Return the full name by which pods ask for the image."""
        return f"localhost/tidewheel-{self.name}:dev"


_BUILT = (
    Image("operator", "operator/Dockerfile"),
    Image("trainer", "trainer_image/Dockerfile"),
    Image("server", "server_image/Dockerfile"),
    Image("seaweedfs", "dev/seaweedfs/Dockerfile"),
)
NAMES = ("pause", "base", *(image.name for image in _BUILT))


def ensure(only: str | None = None) -> list[dict[str, Any]]:
    """Build what changed, import it into a running cluster, and return what there is now."""
    packages.require_root("build images")
    packages.ensure(packages.IMAGES)
    with locking.exclusive(paths.cache_folder() / "images.lock"):
        if only in {None, "pause"}:
            _ensure_pause()
        if only != "pause":
            _once(BASE, build_inputs.digest(Path("/"), [], base_image.RECIPE), base_image.build)
        for image in with_dockerfile():
            if only in {None, image.name}:
                _ensure_built(image)
        image_store.prune(_layout())
    cluster = paths.cluster_paths()
    if processes.running_pid(cluster, "containerd") is not None:
        import_missing(cluster)
    return _listing()


def ensure_pause() -> None:
    """Build the image without which no pod starts."""
    with locking.exclusive(paths.cache_folder() / "images.lock"):
        _ensure_pause()


def ensure_program(tag: str, program: Path) -> None:
    """Build the image of one static program, and import it into the running cluster."""
    packages.ensure(packages.IMAGES)
    with locking.exclusive(paths.cache_folder() / "images.lock"):
        _ensure_program(tag, program)
    import_missing(paths.cluster_paths())


def import_missing(cluster: paths.ClusterPaths) -> None:
    """Import every built image that the running cluster lacks."""
    with locking.exclusive(paths.cache_folder() / "images.lock"):
        if names := image_import.import_images(cluster, _layout()):
            progress.say(f"  imported {', '.join(names)}")


def with_dockerfile() -> list[Image]:
    """Return the images whose Dockerfile is in the repository."""
    return [image for image in _BUILT if (paths.REPOSITORY / image.dockerfile).exists()]


def _ensure_pause() -> None:
    _ensure_program(containerd.PAUSE_IMAGE, toolchain.pause())


def _ensure_program(tag: str, program: Path) -> None:
    def build(tag: str) -> None:
        packages.ensure(packages.IMAGES)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy2(program, Path(folder) / program.name)
            settings = [f'--entrypoint=["/{program.name}"]', "--user=65532:65532"]
            buildah.commit_folder(Path(folder), tag, settings=settings)

    _once(tag, program.parent.name, build)


def _ensure_built(image: Image) -> None:
    root = paths.REPOSITORY
    sources = [image.dockerfile, *build_inputs.copied_paths((root / image.dockerfile).read_text())]
    base = image_store.stored_images(_layout())[BASE]
    inputs = build_inputs.digest(root, sources, [base.digest])

    def build(tag: str) -> None:
        buildah.build(
            dockerfile=root / image.dockerfile,
            context=root,
            tag=tag,
            arguments={"BASE": BASE, "GIT_REVISION": build_inputs.revision(root, sources)},
            log=paths.cache_folder() / "logs" / f"image-{image.name}.log",
        )

    _once(image.tag, inputs, build)


def _once(tag: str, inputs: str, build: Callable[[str], None]) -> None:
    """Build and store the image unless it was built from the same inputs before."""
    is_built = _state().get(tag) == inputs and buildah.image_exists(tag)
    if is_built and tag in image_store.stored_images(_layout()):
        return
    with progress.step(f"{'store' if is_built else 'build'} image {tag}"):
        if not is_built:
            build(tag)
        image_store.add(_layout(), tag)
    state = _state() | {tag: inputs}
    _state_file().write_text(json.dumps(state, indent=2))


def _listing() -> list[dict[str, Any]]:
    stored = image_store.stored_images(_layout())
    listing = [
        {
            "name": image.name,
            "id": image.image_id,
            "digest": image.digest,
            "sizeBytes": image.size_bytes,
        }
        for _, image in sorted(stored.items())
    ]
    (paths.cache_folder() / "images.json").write_text(json.dumps(listing, indent=2) + "\n")
    return listing


def _layout() -> Path:
    return paths.cache_folder() / "oci"


def _state_file() -> Path:
    return paths.cache_folder() / "image-inputs.json"


def _state() -> dict[str, str]:
    try:
        found = json.loads(_state_file().read_text())
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict):
        raise errors.DevError(f"{_state_file()} is damaged; delete it")
    return found
