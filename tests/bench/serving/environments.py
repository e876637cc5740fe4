"""Environments of the peers: each is installed from its packages once, into the cache."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.bench.serving.peers import Peer

from tidewheel_dev import paths, progress

__all__ = ["python_of"]


def python_of(peer: Peer) -> Path:
    """Return the Python of a peer's environment, made first when it is missing."""
    key = hashlib.sha256("\n".join((sys.version, *peer.packages)).encode()).hexdigest()[:16]
    folder = paths.cache_folder() / "tools" / f"peer-{peer.name}-{key}"
    python, ready = folder / "bin/python", folder / "ready"
    if not ready.exists():
        with progress.step(f"install {peer.name}"):
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *peer.packages]
            subprocess.run(install, check=True)
        ready.touch()
    return python
