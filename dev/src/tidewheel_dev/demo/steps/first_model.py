"""Step a: two months of data and two objects become a model that serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_dev.demo import screen
from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.place import documents
from tidewheel_dev.demo.state import Run
from tidewheel_dev.demo.steps import turn
from tidewheel_dev.demo.steps.delivery import deliver

__all__ = ["FirstModel", "loop_objects", "run"]

# The defaults are 300 and 600: right for work, long for a demo.
_LOOK_SECONDS = 20
_WARM_SECONDS = 10


@dataclass(frozen=True, slots=True)
class FirstModel:
    """The snapshot that was learned and the run that learned it."""

    snapshot: str
    run: Run


def run(demo: Demo) -> FirstModel:
    """Deliver January and February, declare the loop, and wait until version 1 serves."""
    screen.heading("a  Two months of flights, two objects, one model that serves")
    deliver(demo, 1, 2)
    demo.site.kubectl.apply(loop_objects(), demo.namespace)
    screen.say(
        "applied examples/flights/dataset.yaml and pipeline.yaml; for the demo the source is "
        f"looked at every {_LOOK_SECONDS} s and a version stays warm for {_WARM_SECONDS} s"
    )
    snapshot = turn.snapshot_through(demo, last_month=2)
    first = turn.ended_run(demo, Cause.INITIAL, snapshot, number=1)
    turn.served(demo, number=1)
    return FirstModel(snapshot, first)


def loop_objects() -> list[dict[str, Any]]:
    """Return the two objects of examples/flights with the demo's shorter times."""
    dataset, pipeline = documents("flights/dataset.yaml", "flights/pipeline.yaml")
    dataset["spec"]["refresh"] = {"everySeconds": _LOOK_SECONDS}
    pipeline["spec"]["deployment"]["rollbackWindowSeconds"] = _WARM_SECONDS
    return [dataset, pipeline]
