"""What went through the proxy: every request, and what became of every write."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.proxy.calls import Call
from tests.faults.proxy.faults import Fault

__all__ = ["Record", "Struck", "Write"]

_OK = 300


@dataclass(frozen=True, slots=True)
class Write:
    """One write that the server answered, and the resourceVersion that it gave."""

    verb: str
    plural: str
    name: str
    code: int
    version: int


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was done."""

    call: Call
    fault: Fault


@dataclass
class Record:
    """One recording; it grows in the proxy's thread and is read in others."""

    calls: list[tuple[float, Call]] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)
    last_write: float = field(default_factory=time.monotonic)
    # Writes that the server has not answered yet, or whose answer is not noted.
    under_way: int = 0

    def note_call(self, call: Call) -> None:
        """Note that a request has come."""
        now = time.monotonic()
        self.calls.append((now, call))
        if call.is_write:
            self.last_write = now

    def note_write(self, call: Call, name: str, code: int, version: int) -> None:
        """Note the server's answer to a write."""
        self.last_write = time.monotonic()
        self.writes.append(Write(call.verb, call.plural, name, code, version))

    def attempts(self) -> int:
        """Return how many writes were attempted."""
        return sum(call.is_write for _, call in list(self.calls))

    @contextmanager
    def write_under_way(self) -> Iterator[None]:
        """Know of a write from its sending until its answer is noted."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def seconds_since_write(self) -> float:
        """Return for how long nothing was written."""
        return 0.0 if self.under_way else time.monotonic() - self.last_write

    def made_and_deleted(self) -> Counter[str]:
        """Return how many objects of each kind were created and deleted; events only inform."""
        return Counter(
            f"{write.verb} {write.plural}"
            for write in list(self.writes)
            if write.verb in ("create", "delete") and write.code < _OK and write.plural != "events"
        )

    def most_calls_per_second(self, window_seconds: float = 1.0) -> int:
        """Return the most requests within any window, those of the Lease apart."""
        moments = [moment for moment, call in list(self.calls) if call.plural != "leases"]
        most, first = 0, 0
        for last, moment in enumerate(moments):
            while moments[first] < moment - window_seconds:
                first += 1
            most = max(most, last - first + 1)
        return most
