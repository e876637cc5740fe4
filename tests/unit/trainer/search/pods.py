"""Pods of a search that take turns on one store, on a clock that only waiting moves."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.unit.trainer.conftest import MemoryStore

from tidewheel_trainer.surroundings import Surroundings


@dataclass
class Clock:
    """Seconds that pass while somebody waits, or while a test says so."""

    now: float = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Killed(BaseException):
    """The process ends here, as by a signal."""


@dataclass
class KillingStore(MemoryStore):
    """A store that kills who writes, before its n-th write from 0, and whose writes take time.

    `on_write` is called after each write.
    """

    kill_at: int | None = None
    writes: int = 0
    clock: Clock = field(default_factory=Clock)
    seconds_per_write: float = 0.0
    on_write: Callable[[], None] = lambda: None

    def put_if_absent(self, key: str, data: bytes | Path) -> bool:
        self.writes += 1
        if self.writes - 1 == self.kill_at:
            raise Killed
        self.clock.wait(self.seconds_per_write)
        is_written = super().put_if_absent(key, data)
        self.on_write()
        return is_written

    def forget_search(self, folder: str) -> None:
        """Remove all that a run left."""
        self.objects = {
            key: data for key, data in self.objects.items() if not key.startswith(folder)
        }

    def expect_kill(self, at: int | None) -> None:
        """Count writes from now on, and kill at this one."""
        self.writes, self.kill_at = 0, at


@dataclass
class Pods:
    """Processes of which one runs at a time; the next one's turn comes when it waits or ends.

    `order` says who is next; a process that is not in it is never scheduled. Those that live give
    their signs of it whenever time passes. To have turns at other
    moments too, call `pass_turn`, which does nothing outside of a process.
    """

    order: Sequence[int]
    surroundings: Surroundings
    clock: Clock

    def run(self, program: Callable[[int, Surroundings], Any]) -> dict[int, Any]:
        """Return what the program returns, or the error that it raises, for each process."""
        self._turn = threading.Condition()
        self._waiting = list(self.order)
        self._beats: list[Callable[[], None]] = []
        answers: dict[int, Any] = {}
        threads = [
            threading.Thread(
                target=self._process, args=(index, program, answers), name=f"pod {index}"
            )
            for index in self.order
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        return answers

    def pass_turn(self) -> None:
        """Let all other processes have a turn."""
        role, _, index = threading.current_thread().name.partition(" ")
        if role == "pod":
            self._pass_on(int(index))
            self._await_turn(int(index))

    def wait(self, seconds: float) -> None:
        """Let time pass, in which all that live give signs of it, and others have turns."""
        self.clock.wait(seconds)
        for beat in self._beats:
            beat()
        self.pass_turn()

    def _process(
        self, index: int, program: Callable[[int, Surroundings], Any], answers: dict[int, Any]
    ) -> None:
        self._await_turn(index)
        around = replace(
            self.surroundings,
            seconds=lambda: self.clock.now,
            wait=self.wait,
            repeatedly=self._repeatedly,
        )
        try:
            answers[index] = program(index, around)
        except BaseException as error:
            answers[index] = error
        with self._turn:
            self._waiting.remove(index)
            self._turn.notify_all()

    @contextmanager
    def _repeatedly(self, call: Callable[[], None], seconds: float) -> Iterator[None]:
        """Call a function whenever time passes."""
        call()
        self._beats.append(call)
        try:
            yield
        finally:
            self._beats.remove(call)

    def _await_turn(self, index: int) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._waiting[0] == index)

    def _pass_on(self, index: int) -> None:
        with self._turn:
            self._waiting.remove(index)
            self._waiting.append(index)
            self._turn.notify_all()
