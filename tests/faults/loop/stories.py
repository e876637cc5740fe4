"""The loop as users and data turn it: what they do, and what they wait for in between."""

from collections.abc import Callable
from typing import Any

from tests.builders import Object, make_dataset, make_pipeline, make_store
from tests.faults.loop.lane import Lane

from tidewheel_operator.runtime.resources import (
    DATASETS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
)

__all__ = ["Story", "shortest_loop", "whole_loop"]

Story = Callable[[Lane], None]

# No look at the source comes by itself while a story is told.
REFRESH_SECONDS = 2_000_000


def shortest_loop(lane: Lane) -> None:
    """Apply the smallest loop and wait until its first version serves."""
    apply_loop(lane)
    wait_champion(lane, 1)


def apply_loop(lane: Lane) -> None:
    """Apply the smallest loop."""
    lane.cluster.create(
        lane.namespace,
        make_store(),
        make_dataset(refresh={"every_seconds": REFRESH_SECONDS}),
        make_pipeline(limits={"cooldown_seconds": 0}, deployment={"rollback_window_seconds": 0}),
    )


def whole_loop(lane: Lane) -> None:
    """Turn the loop by new data, and by an alert; the last alert has nothing to tell."""
    shortest_loop(lane)
    deliver(lane, 1500)
    wait_champion(lane, 2)
    deliver(lane, 1600)
    wait_growth(lane, 6)
    _expect(lane.post_alert(notification("slump")), "Opened", "Duplicate")
    wait_champion(lane, 3)
    _expect(lane.post_alert(notification("another")), "NothingNewToLearn")


def _expect(found: str, *wanted: str) -> None:
    assert found in wanted, f"an alert was answered {found} instead of {' or '.join(wanted)}"


def deliver(lane: Lane, labelled_rows: int) -> None:
    """Let the data grow, and change the Dataset so that it is looked at now."""
    lane.actors.bucket.labelled_rows = labelled_rows
    change = {"spec": {"refresh": {"everySeconds": REFRESH_SECONDS + labelled_rows}}}
    lane.cluster.patch(DATASETS, lane.namespace, "flights", change)


def wait_champion(lane: Lane, number: int) -> None:
    """Wait until a version serves and the pipeline knows it and has nothing in flight."""

    def missing() -> str | None:
        pipeline = status_of(lane, MODEL_PIPELINES, "flight-delay")
        deployment = status_of(lane, MODEL_DEPLOYMENTS, "flight-delay")
        serving = (deployment.get("champion") or {}).get("number")
        known = (serving, pipeline.get("championNumber"), pipeline.get("activeRunName"))
        return None if known == (number, number, None) else f"{known}"

    lane.wait_for(f"version {number} to serve", missing, lane.step_seconds)


def wait_growth(lane: Lane, percent: int) -> None:
    """Wait until the pipeline knows of new rows."""

    def missing() -> str | None:
        growth = status_of(lane, MODEL_PIPELINES, "flight-delay").get("growthPercent")
        return None if growth == percent else f"{growth} %"

    lane.wait_for(f"growth of {percent} %", missing, lane.step_seconds)


def status_of(lane: Lane, resource: Any, name: str) -> Object:
    """Return an object's status; nothing when there is none."""
    item = lane.cluster.mirror.find(resource, lane.namespace, name) or {}
    return item.get("status") or {}


def notification(fingerprint: str) -> Object:
    """Return what Alertmanager posts for one alert."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="Slump"}',
        "truncatedAlerts": 0,
        "alerts": [
            {
                "status": "firing",
                "labels": {"pipeline": "flight-delay", "alertname": "Slump"},
                "annotations": {},
                "startsAt": "2026-11-21T12:00:00Z",
                "fingerprint": fingerprint,
            }
        ],
    }
