"""What a program knows about the process it is: clocks, host, revision, libraries, scratch folder.

It is gathered once at the entrance and handed in, so that everything below can be tested.
"""

import os
import platform
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from tidewheel_contracts.job import SIGNING_KEY_VARIABLE
from tidewheel_trainer.repeating import repeatedly
from tidewheel_trainer.thread_count import thread_count

__all__ = ["Surroundings", "of_this_process"]

# Libraries that a model's bytes or a snapshot's bytes depend on.
_LIBRARIES = ("numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")
# Those of the extra `boosters`, which an image may leave out.
_EXTRA_LIBRARIES = ("lightgbm", "xgboost-cpu")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Facts for reports and lineage, threads to fit with, a folder for temporary files, and time.

    `now` may jump when a node's clock is set; `seconds` only goes on, from any beginning. `wait`
    comes back after so many seconds, and `repeatedly` calls a function every so many seconds while
    a block runs.
    """

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    wait: Callable[[float], None]
    repeatedly: Callable[[Callable[[], None], float], AbstractContextManager[None]]
    host: str
    git_revision: str
    python: str
    machine: str
    libraries: dict[str, str]
    scratch: Path
    # The private key that signs models, if the Job was given one.
    signing_key: Path | None
    threads: int

    def moment(self) -> str:
        """Return the present time as ISO 8601 in UTC, to the second."""
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def of_this_process() -> Surroundings:
    """Return the facts of this process."""
    return Surroundings(
        now=lambda: datetime.now(UTC),
        seconds=time.monotonic,
        wait=time.sleep,
        repeatedly=repeatedly,
        host=socket.gethostname(),
        git_revision=os.environ.get("TIDEWHEEL_GIT_REVISION", "")[:64],
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        libraries=_libraries(),
        scratch=Path(tempfile.gettempdir()),
        signing_key=Path(key) if (key := os.environ.get(SIGNING_KEY_VARIABLE)) else None,
        threads=thread_count(os.environ),
    )


def _libraries() -> dict[str, str]:
    """Return names and versions, in order of the names."""
    found = {name: metadata.version(name) for name in _LIBRARIES}
    for name in _EXTRA_LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return dict(sorted(found.items()))
