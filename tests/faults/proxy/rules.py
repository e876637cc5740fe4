"""Which request or event meets which fault, and how often. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.proxy.calls import Call
from tests.faults.proxy.faults import Fault

__all__ = ["Counts", "Match", "Rule", "decide"]

Counts = Mapping[tuple[int, Call | None], int]


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls: empty sets stand for all. Traffic of the Lease is meant only by its name.

    A selector, even an empty one, means the reads that have exactly this one.
    """

    verbs: frozenset[str] = frozenset()
    plurals: frozenset[str] = frozenset()
    selector: str | None = None

    def covers(self, call: Call) -> bool:
        """Tell whether a call is meant."""
        if call.plural == "leases" and "leases" not in self.plurals:
            return False
        if self.selector not in (None, call.selector):
            return False
        return (not self.verbs or call.verb in self.verbs) and (
            not self.plurals or call.plural in self.plurals
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for some calls: after the first `skip` of them, for `times` of them or for all.

    With `is_for_each`, every distinct call is counted by itself.
    """

    match: Match
    fault: Fault
    skip: int = 0
    times: int | None = 1
    is_for_each: bool = False

    def is_due(self, count: int) -> bool:
        """Tell whether the call that comes after `count` others meets the fault."""
        return count >= self.skip and (self.times is None or count < self.skip + self.times)


def decide(rules: Sequence[Rule], counts: Counts, call: Call) -> tuple[Fault | None, Counts]:
    """Return the fault of the first rule that is due, and how often each rule was asked by now."""
    after = dict(counts)
    for index, rule in enumerate(rules):
        if not rule.match.covers(call):
            continue
        place = (index, call if rule.is_for_each else None)
        count = after.get(place, 0)
        after[place] = count + 1
        if rule.is_due(count):
            return rule.fault, after
    return None, after
