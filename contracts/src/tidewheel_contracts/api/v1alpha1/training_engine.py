"""What runs the trials of a search: indexed Jobs, or a Ray cluster that KubeRay makes for it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

__all__ = ["ENGINE_FIELDS", "ENGINE_RULES", "EngineField", "TrainingEngine"]

# What runs the trials changes none of them: it is no part of a run's recipe.
ENGINE_FIELDS = frozenset({"engine"})
ENGINE_RULES = (
    (
        "self.engine != 'RayJob' || has(self.search)",
        "`search` must say what `engine` 'RayJob' runs: it runs the trials of a search alone",
    ),
)


class TrainingEngine(StrEnum):
    """Who starts the pods of a search."""

    JOB = "Job"  # Kubernetes itself: nothing to install
    RAY_JOB = "RayJob"  # KubeRay, by a Ray cluster of one worker for each part of the trials


EngineField = Annotated[
    TrainingEngine,
    Field(
        description="What runs the trials of `search`: an indexed Job, or a RayJob of KubeRay with "
        "`search.parallelism` workers."
    ),
]
