"""Working while leading, stepping down, handing over."""

import asyncio

import pytest
from tests.unit.operator.runtime.loops import ManualLoop, run
from tests.unit.operator.runtime.replicas import Replica, holder, make_replicas

from tidewheel_operator.leading import drain, lead
from tidewheel_operator.runtime.queue import Key, WorkQueue

KEY = Key("datasets", "ml", "flights")


class Worker:
    """Takes keys until the queue is closed, each for so long."""

    def __init__(self, queue: WorkQueue, seconds: float) -> None:
        self.queue = queue
        self.seconds = seconds
        self.told: list[str] = []

    async def __call__(self) -> None:
        """Work."""
        self.told.append("begins")
        try:
            while (key := await self.queue.take()) is not None:
                await asyncio.sleep(self.seconds)
                self.queue.done(key)
                self.told.append("done")
        finally:
            self.told.append("ends")


def leading(replica: Replica, queue: WorkQueue, work: Worker) -> asyncio.Task[None]:
    """Let a replica lead."""
    return asyncio.ensure_future(lead(replica.leadership, queue, work))


def test_replica_that_lost_its_lease_stops_working_and_works_again_when_it_leads_again() -> None:
    async def scenario(loop: ManualLoop) -> list[str]:
        [replica] = make_replicas(loop, 1)
        queue = WorkQueue()
        work = Worker(queue, 1)
        task = leading(replica, queue, work)
        await asyncio.sleep(5)
        replica.connection.is_cut = True
        await asyncio.sleep(30)
        work.told.append("cut")
        replica.connection.is_cut = False
        await asyncio.sleep(10)
        task.cancel()
        await asyncio.wait({task})
        return work.told

    assert run(scenario) == ["begins", "ends", "cut", "begins", "ends"]


@pytest.mark.parametrize(
    ("seconds", "told", "took"),
    [
        pytest.param(0.4, ["begins", "done", "ends"], 0.4, id="what was begun is ended"),
        pytest.param(30.0, ["begins", "ends"], 1.0, id="but not waited for longer than a second"),
    ],
)
def test_end(seconds: float, told: list[str], took: float) -> None:
    async def scenario(loop: ManualLoop) -> tuple[list[str], float, str, bool]:
        [replica] = make_replicas(loop, 1)
        queue = WorkQueue()
        work = Worker(queue, seconds)
        task = leading(replica, queue, work)
        await asyncio.sleep(5)
        queue.add(KEY)
        queue.add(Key("datasets", "ml", "never begun"))
        await asyncio.sleep(0)
        began = loop.now
        await drain(replica.leadership, queue, task)
        return work.told, loop.now - began, holder([replica]), replica.may_write()

    assert run(scenario) == (told, pytest.approx(took), "", False)


def test_replica_that_does_not_lead_ends_at_once_and_leaves_the_lease_alone() -> None:
    async def scenario(loop: ManualLoop) -> tuple[float, str]:
        first, second = make_replicas(loop, 2)
        first.start()
        await asyncio.sleep(1)
        queue = WorkQueue()
        task = leading(second, queue, Worker(queue, 1))
        await asyncio.sleep(5)
        began = loop.now
        await drain(second.leadership, queue, task)
        return loop.now - began, holder([first])

    assert run(scenario) == (0.0, "operator-0")


def test_work_that_breaks_is_no_lost_lease() -> None:
    async def scenario(loop: ManualLoop) -> None:
        [replica] = make_replicas(loop, 1)

        async def broken() -> None:
            await asyncio.sleep(1)
            raise KeyError("a defect")

        await lead(replica.leadership, WorkQueue(), broken)

    with pytest.raises(KeyError, match="a defect"):
        run(scenario)
