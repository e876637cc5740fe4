"""The second line: no Python code of this process connects to an address that the guard refuses.

Libraries that look hosts up by themselves (drivers of databases, clients of brokers) could be led
elsewhere by a DNS that answers differently the second time. Python tells its audit hooks of every
look-up and connection before it happens. Code in C that brings its own sockets is not seen; the
NetworkPolicy of the Jobs is what stands behind this.
"""

import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.names import Owner, normal, owner_of
from tidewheel_trainer.egress.resolving import ResolvingGuard
from tidewheel_trainer.egress.spelling import literal
from tidewheel_trainer.failure import TrainerError

__all__ = ["install", "judge_of", "name_servers"]

_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_DNS_PORT = 53
_RESOLVER_FILE = Path("/etc/resolv.conf")
Judge = Callable[[str, tuple[object, ...]], None]


def install(guard: ResolvingGuard) -> None:
    """Watch this process for the rest of its life; an audit hook cannot be taken away again."""
    sys.addaudithook(judge_of(guard, name_servers(_RESOLVER_FILE)))


def name_servers(file: Path) -> frozenset[str]:
    """Return the addresses of the DNS, which a library may ask by itself."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    words = (line.split() for line in lines)
    return frozenset(two[1] for two in words if len(two) >= 2 and two[0] == "nameserver")


def judge_of(guard: ResolvingGuard, dns: frozenset[str]) -> Judge:
    """Return the hook: it raises TrainerError (SourceForbidden) in place of a connection."""
    # The guard's own look-ups raise events too.
    busy = threading.local()

    def judge(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.getaddrinfo" and not getattr(busy, "is_busy", False):
            busy.is_busy = True
            try:
                _learn(guard, arguments[0], arguments[1])
            finally:
                busy.is_busy = False
        elif event in _CONNECTS:
            _judge_connection(guard, dns, arguments[0], arguments[1])

    return judge


def _learn(guard: ResolvingGuard, host: object, port: object) -> None:
    """Look a host up through the guard before a library does, if its name opens anything."""
    name = normal(host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or ""))
    number = int(str(port)) if str(port).isdecimal() else None
    if number is None or not name or literal(name) is not None:
        return
    policy = guard.policy
    if owner_of(name, policy) is Owner.OWN or policy.lists_host(name, number):
        try:
            guard.address_of(name, number)
        except TrainerError:
            # The library's own look-up or connection fails next, and says so.
            return


def _judge_connection(
    guard: ResolvingGuard, dns: frozenset[str], connection: object, address: object
) -> None:
    family = getattr(connection, "family", None)
    # Other families, Unix sockets before all, do not leave the pod.
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    if not isinstance(address, tuple) or len(address) < 2:
        # `sendto` and `sendmsg` of a connected socket name no address: it was judged before.
        return
    host, port = address[0], address[1]
    if host in dns and port == _DNS_PORT:
        return
    found = literal(host) if isinstance(host, str) else None
    if found is None or not isinstance(port, int):
        raise TrainerError(
            FailureReason.SOURCE_FORBIDDEN,
            f"the host {host!r} may not be connected to: it was not looked up before",
        )
    guard.refuse_address(found, port)
