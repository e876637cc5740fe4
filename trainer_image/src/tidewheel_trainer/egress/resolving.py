"""The guard of real programs: look a host up once, and connect to an address that passed."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.addresses import never_because
from tidewheel_trainer.egress.names import Owner, normal, owner_of
from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.spelling import IpAddress, is_odd_literal, literal, parse_address
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.retrying import AwayError, with_retries

__all__ = ["Found", "ResolvingGuard", "look_up"]

_LOOK_UP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the DNS says of a host: the name at the end of its aliases, and the addresses."""

    canonical: str
    addresses: tuple[str, ...]


def look_up(host: str, port: int) -> Found:
    """Ask the system's resolver.

    Raises:
        AwayError: the DNS does not answer now.
        TrainerError: SourceUnavailable, when there is no such host.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise AwayError(f"the DNS does not answer for the host {host!r}") from error
        raise TrainerError(
            FailureReason.SOURCE_UNAVAILABLE,
            f"the host {host!r} is not known to the DNS; correct its name",
        ) from error
    except UnicodeError as error:
        raise TrainerError(
            FailureReason.SOURCE_UNAVAILABLE, f"{host!r} is not the name of a host; correct it"
        ) from error
    canonical = next((answer[3] for answer in answers if answer[3]), host)
    return Found(canonical, tuple(dict.fromkeys(str(answer[4][0]) for answer in answers)))


@dataclass(frozen=True, slots=True)
class ResolvingGuard:
    """Gives for a host the address that it was judged by, so that no later answer counts."""

    policy: Policy
    resolve: Callable[[str, int], Found] = look_up
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    # Addresses of the cluster that a name opened, for the hook that sees only addresses.
    opened: set[tuple[IpAddress, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def address_of(self, host: str, port: int) -> str:
        """Return the first address of a host that a source may be at.

        Raises:
            TrainerError: SourceForbidden, when there is none; SourceUnavailable, when the host
                cannot be looked up.
        """
        name = normal(host)
        if is_odd_literal(name):
            raise _forbidden(host, "an address must be written as four decimal numbers with dots")
        found = self._found(name, port)
        refusals: list[TrainerError] = []
        for text in found.addresses:
            address = parse_address(text)
            why = self._refusal(name, normal(found.canonical), address, port)
            if why is None:
                if self.policy.in_cluster(address):
                    with self.lock:
                        self.opened.add((address, port))
                return text
            refusals.append(why)
        if not refusals:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE, f"the host {host!r} has no address"
            )
        raise refusals[0]

    def refuse_address(self, address: IpAddress, port: int) -> None:
        """Refuse an address that no name is known for, unless it may be at any or one opened it.

        Raises:
            TrainerError: SourceForbidden.
        """
        with self.lock:
            if (address, port) in self.opened:
                return
        why = self._refusal(str(address), str(address), address, port)
        if why is not None:
            raise why

    def _found(self, name: str, port: int) -> Found:
        address = literal(name)
        if address is not None:
            return Found(name, (str(address),))
        return with_retries(
            lambda: self.resolve(name, port),
            deadline_seconds=_LOOK_UP_SECONDS,
            clock=self.clock,
            pause=self.pause,
        )

    def _refusal(
        self, name: str, canonical: str, address: IpAddress, port: int
    ) -> TrainerError | None:
        """Judge one address of a host.

        A listed name opens addresses of the cluster only: whoever answers for the name in the DNS
        could point it at a metadata service.
        """
        policy = self.policy
        at = "it is" if name == str(address) else f"it is at {address},"
        kind = never_because(address, port, policy)
        if kind is not None:
            return _forbidden(name, f"{at} {kind}", str(address))
        if policy.lists_address(address, port) or policy.lists_host(name, port):
            return None
        # An alias (a Service of type ExternalName) may lead to another namespace; whoever answers
        # in the DNS can write one, so it never opens anything.
        owners = {owner_of(name, policy), owner_of(canonical, policy)}
        if Owner.OTHER in owners:
            return _forbidden(name, "it belongs to another namespace of the cluster", name)
        if policy.in_cluster(address) and owners != {Owner.OWN}:
            return _forbidden(name, f"{at} an address inside the cluster", name)
        return None


def _forbidden(host: str, why: str, entry: str | None = None) -> TrainerError:
    way = (
        f"; an administrator can list '{entry}' under `egress.allow` in the chart's values"
        if entry
        else ""
    )
    return TrainerError(
        FailureReason.SOURCE_FORBIDDEN, f"the host '{host}' may not be connected to: {why}{way}"
    )
