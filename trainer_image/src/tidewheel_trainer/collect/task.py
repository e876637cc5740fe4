"""Everything that the steps of one collection share."""

from dataclasses import dataclass
from pathlib import Path

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.job import CollectRequest
from tidewheel_trainer.clean.memory import Memory, memory_limit_bytes
from tidewheel_trainer.collect.columns import Roles
from tidewheel_trainer.collect.plan import Plan
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["Task", "task_of"]


@dataclass(frozen=True, slots=True)
class Task:
    """One collection: what is asked for, where it reads and writes, and a folder on disk."""

    request: CollectRequest
    plan: Plan
    folder: str
    roles: Roles
    store: Store
    surroundings: Surroundings
    progress: Progress
    scratch: Path
    memory: Memory

    @property
    def extends(self) -> str | None:
        """Return the digest of the snapshot that is extended."""
        previous = self.request.previous
        return previous.snapshot.digest if previous else None


def task_of(
    request: CollectRequest,
    plan: Plan,
    store: Store,
    surroundings: Surroundings,
    progress: Progress,
    scratch: Path,
) -> Task:
    """Return the task of a request."""
    prefix, namespace = request.store.spec.prefix, request.store.namespace
    return Task(
        request=request,
        plan=plan,
        folder=layout.dataset_folder(prefix, namespace, request.dataset_name),
        roles=Roles(request.target.column, request.time.column if request.time else None),
        store=store,
        surroundings=surroundings,
        progress=progress,
        scratch=scratch,
        memory=Memory(scratch, memory_limit_bytes()),
    )
