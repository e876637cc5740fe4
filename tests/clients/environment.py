"""Stock clients in environments of their own: their pins do not fit ours.

Each is made once in the cache, from the file of exact versions that has its name.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tidewheel_dev import locking, paths

__all__ = ["asked", "program"]

_FOLDER = Path(__file__).parent
# The newest Python 3 that has wheels of each client.
_NEWEST_MINOR = {"kserve": 13, "mlserver": 12}


def asked(client: str, script: str, *arguments: str, given: object = None) -> Any:
    """Return the JSON that a script of this folder prints when a client's Python runs it."""
    done = subprocess.run(
        [program(client, "python"), _FOLDER / script, *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def program(client: str, name: str) -> Path:
    """Return a program of the client's environment, which is made first when it is missing."""
    requirements = _FOLDER / f"{client}.txt"
    interpreter = _interpreter(_NEWEST_MINOR.get(client))
    key = hashlib.sha256(requirements.read_bytes() + str(interpreter).encode()).hexdigest()[:16]
    folder = paths.cache_folder() / f"client-{client}-{key}"
    with locking.exclusive(paths.cache_folder() / f"client-{client}.lock"):
        if not (folder / "ready").exists():
            _make(folder, interpreter, requirements)
    return folder / "bin" / name


def _make(folder: Path, interpreter: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    for command in (
        [interpreter, "-m", "venv", folder],
        [*pip, "install", "--quiet", "--no-deps", "--only-binary", ":all:", "-r", requirements],
    ):
        subprocess.run(command, check=True)
    (folder / "ready").touch()


def _interpreter(newest_minor: int | None) -> Path:
    """Return a Python that the client has wheels for: this one if it is not too new.

    Raises:
        RuntimeError: none is there.
    """
    if newest_minor is None or sys.version_info.minor <= newest_minor:
        return Path(sys.executable).resolve()
    for minor in range(newest_minor, 10, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None:
            return Path(found)
    raise RuntimeError(f"This client needs Python 3.11 to 3.{newest_minor} on the path")
