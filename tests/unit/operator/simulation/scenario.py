"""The story that simulations tell, what is left at its end, and how much was written."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.builders import NAMESPACE, Object, make_dataset, make_pipeline, make_store
from tests.unit.operator.memory_api import MemoryServer
from tests.unit.operator.observations import as_sent
from tests.unit.operator.simulation.world import Kill, Listing, Simulation

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import (
    EVENTS,
    MODEL_DEPLOYMENTS,
    MODEL_VERSIONS,
    TRAINING_RUNS,
    Resource,
    resource_of,
)
from tidewheel_operator.web.alert_payload import Alert
from tidewheel_operator.web.alert_runs import AlertOutcome, open_run
from tidewheel_operator.web.data_looks import LookOutcome, look_now

REFRESH_SECONDS = 300
# Times are the clock's, versions count writes, and neither is what a user asked for.
_DROPPED = frozenset({"resourceVersion", "creationTimestamp", "time"})


def user_applies(simulation: Simulation, *items: Object) -> None:
    """Create objects as a person does."""
    for item in items:
        simulation.server.create(resource_of(item), as_sent(item))


async def start_loop(simulation: Simulation, **pipeline: Any) -> None:
    """Apply the smallest loop and wait until the first version serves."""
    user_applies(simulation, make_store(), make_dataset(), make_pipeline(**pipeline))
    await simulation.settle()


async def post_alert(simulation: Simulation, name: str = "slump") -> AlertOutcome:
    """Send an alert as Alertmanager does: again and again until it is answered."""
    alert = Alert.model_validate(
        {
            "status": "firing",
            "labels": {"pipeline": "flight-delay"},
            "startsAt": "2026-11-21T12:00:00Z",
            "fingerprint": name,
        }
    )

    async def send(world: World) -> AlertOutcome:
        return await open_run(world, NAMESPACE, "group", alert)

    outcome: AlertOutcome = await simulation.do(send)
    return outcome


async def post_news(simulation: Simulation) -> LookOutcome:
    """Tell of new data as a store does: again and again until it is answered."""

    async def send(world: World) -> LookOutcome | None:
        return await look_now(world, NAMESPACE, "flights")

    outcome: LookOutcome | None = await simulation.do(send)
    assert outcome is not None
    return outcome


async def fresh_data(simulation: Simulation) -> None:
    """Turn the loop once, and once more for data that was told of; the clock stands still."""
    await start_loop(simulation)
    simulation.bucket.labelled_rows = 1500
    await post_news(simulation)
    await simulation.settle()


async def old_snapshots(simulation: Simulation) -> None:
    """Collect until there are more snapshots than may stay; the first was trained on."""
    user_applies(
        simulation,
        make_store(),
        make_dataset(retention={"snapshots": 2, "minimum_age_seconds": 0}),
        make_pipeline(),
    )
    await simulation.settle()
    for rows in (1010, 1020, 1030, 1040):
        simulation.bucket.labelled_rows = rows
        await simulation.advance(REFRESH_SECONDS)


async def first_two_versions(simulation: Simulation) -> None:
    """Turn the loop once, and once more for new data."""
    await start_loop(simulation)
    simulation.bucket.labelled_rows = 1500
    await simulation.advance(REFRESH_SECONDS)


async def whole_loop(simulation: Simulation) -> None:
    """Turn the loop: two versions, the first one goes, an alert, an alert about nothing new."""
    await start_loop(simulation, deployment={"rollback_window_seconds": 100})
    simulation.bucket.labelled_rows = 1500
    await simulation.advance(REFRESH_SECONDS)
    simulation.bucket.labelled_rows = 1600
    await simulation.advance(REFRESH_SECONDS)
    await post_alert(simulation)
    await simulation.settle()
    await post_alert(simulation, "another")
    await simulation.advance(REFRESH_SECONDS)


async def short_history(simulation: Simulation) -> None:
    """Turn the loop three times, with room for one run of each outcome and one version."""
    await start_loop(
        simulation,
        deployment={"rollback_window_seconds": 100},
        history={"completed_runs": 1, "failed_runs": 1, "versions": 1},
    )
    for rows in (1500, 2500):
        simulation.bucket.labelled_rows = rows
        await simulation.advance(REFRESH_SECONDS)
    # The version before is kept until its window has passed, and goes with the next change.
    simulation.bucket.verdict = Verdict.REFUSED
    simulation.bucket.labelled_rows = 5000
    await simulation.advance(REFRESH_SECONDS)


async def played(
    story: Callable[[Simulation], Awaitable[None]],
    kill: Kill | None = None,
    seed: int | None = None,
    stale_at_restart: Listing | None = None,
    workers: int = 1,
) -> Simulation:
    """Return a simulation in which a story has been told to its end."""
    simulation = Simulation(kill, seed, stale_at_restart, workers)
    await story(simulation)
    return simulation


def end_state(server: MemoryServer) -> dict[str, Any]:
    """Return all objects by kind and name, without versions and times; events only inform."""
    return {
        f"{resource.kind}/{name}": _timeless(item)
        for (resource, _, name), item in server.objects.items()
        if resource != EVENTS
    }


@dataclass(frozen=True, slots=True)
class End:
    """What is left of a story, and what it took to get there."""

    objects: dict[str, Any]
    made_and_deleted: Counter[str]


def end_of(simulation: Simulation) -> End:
    """Return the end of a story that has been told."""
    return End(end_state(simulation.server), made_and_deleted(simulation))


def made_and_deleted(simulation: Simulation) -> Counter[str]:
    """Return how many objects of each kind the operator created and deleted."""
    return Counter(
        f"{write.verb} {write.kind}"
        for write in simulation.api.writes
        if write.verb in ("create", "delete") and write.kind != EVENTS.kind
    )


def the(simulation: Simulation, resource: Resource, name: str = "flight-delay") -> Object:
    """Return an object that must be there."""
    item = simulation.server.find(resource, NAMESPACE, name)
    assert item is not None, f"{resource.kind} {name} is gone"
    return item


def reasons(item: Object) -> dict[str, str]:
    """Return the reason of every condition."""
    return {condition["type"]: condition["reason"] for condition in item["status"]["conditions"]}


def champion(simulation: Simulation) -> int | None:
    """Return the number of the version that serves."""
    item = the(simulation, MODEL_DEPLOYMENTS)
    number: int | None = (item["status"].get("champion") or {}).get("number")
    return number


def runs(simulation: Simulation) -> list[tuple[str, str]]:
    """Return cause and reason of every run, in order of the versions that they made."""
    found = [
        (
            item["status"].get("versionNumber", 0),
            item["status"]["trigger"]["cause"],
            item["status"]["conditions"][0]["reason"],
        )
        for item in simulation.server.all(TRAINING_RUNS)
    ]
    return [(cause, reason) for _, cause, reason in sorted(found)]


def versions(simulation: Simulation) -> list[str]:
    """Return the names of all versions."""
    return [item["metadata"]["name"] for item in simulation.server.all(MODEL_VERSIONS)]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _timeless(part)
            for key, part in value.items()
            if key not in _DROPPED and not key.endswith("Time")
        }
    if isinstance(value, list):
        return [_timeless(part) for part in value]
    return value
