"""What the egress guard goes by: the administrator's list, the cluster's ranges, the namespace.

An entry of the list is a host (`api.example.com`), all hosts below a domain (`*.example.com`), an
address (`10.1.2.3`) or a range (`10.1.2.0/24`); each may end in a port (`db.data.svc:5432`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tidewheel_contracts.job import EGRESS_VARIABLE, FailureReason
from tidewheel_trainer.egress.spelling import IpAddress, IpNetwork, embedded_in
from tidewheel_trainer.failure import TrainerError

__all__ = ["Entry", "Policy", "parse_entry", "read_policy"]

_API_SERVER_VARIABLE = "KUBERNETES_SERVICE_HOST"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list: a host or a range, and a port unless all are meant."""

    text: str
    host: str | None = None
    network: IpNetwork | None = None
    port: int | None = None

    def names(self, host: str, port: int) -> bool:
        """Tell whether the entry is about a host by name."""
        if self.host is None or self.port not in (None, port):
            return False
        if self.host.startswith("*."):
            return host.endswith(self.host[1:])
        return host == self.host

    def holds(self, address: IpAddress, port: int) -> bool:
        """Tell whether an address is in the entry's range."""
        return self.network is not None and self.port in (None, port) and address in self.network


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be connected to beyond public and private addresses outside of the cluster."""

    allow: tuple[Entry, ...] = ()
    cluster_ranges: tuple[IpNetwork, ...] = ()
    namespace: str = ""
    cluster_domain: str = "cluster.local"
    # Where the API server is for pods; no source is one.
    api_servers: tuple[IpAddress, ...] = ()

    def lists_host(self, host: str, port: int) -> bool:
        """Tell whether the administrator lists a host by its name."""
        return any(entry.names(host, port) for entry in self.allow)

    def lists_address(self, address: IpAddress, port: int) -> bool:
        """Tell whether the administrator lists an address, by itself or by a range."""
        return any(entry.holds(address, port) for entry in self.allow)

    def in_cluster(self, address: IpAddress) -> bool:
        """Tell whether an address is one of the cluster's Services or pods, in any spelling."""
        return any(
            part in network for part in embedded_in(address) for network in self.cluster_ranges
        )

    def also_allowing(self, *entries: str) -> "Policy":
        """Return the policy with more entries, such as the endpoint of the program's own store."""
        return replace(self, allow=(*self.allow, *map(parse_entry, entries)))


class _Wire(BaseModel):
    """The JSON in the variable, as the operator writes it."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid")

    allow: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    cluster_ranges: tuple[str, ...] = ()
    namespace: str = ""
    cluster_domain: str = "cluster.local"


def read_policy(environment: Mapping[str, str]) -> Policy:
    """Return the policy of a process; without the variable nothing is listed.

    Raises:
        TrainerError: RequestInvalid, when the variable cannot be read: guessing would open doors.
    """
    try:
        wire = _Wire.model_validate_json(environment.get(EGRESS_VARIABLE) or "{}")
        return Policy(
            allow=tuple(map(parse_entry, wire.allow)),
            cluster_ranges=tuple(ip_network(text, strict=False) for text in wire.cluster_ranges),
            namespace=wire.namespace,
            cluster_domain=wire.cluster_domain.strip(".").lower(),
            api_servers=_api_servers(environment),
        )
    except (ValidationError, ValueError) as error:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            f"the environment variable {EGRESS_VARIABLE} cannot be read; correct `egress` in the "
            f"chart's values: {error}",
        ) from error


def parse_entry(text: str) -> Entry:
    """Return an entry of the list.

    Raises:
        ValueError: it is none.
    """
    bare = text.strip().lower()
    network = _network(bare.strip("[]"))
    if network is not None:
        return Entry(text, network=network)
    host, colon, digits = bare.rpartition(":")
    if not colon:
        host, digits = bare, ""
    if colon and not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 65536):
        raise ValueError(f"{text!r} must end in a port from 1 to 65535 after the colon")
    port = int(digits) if digits else None
    network = _network(host.strip("[]"))
    if network is not None:
        return Entry(text, network=network, port=port)
    host = host.rstrip(".")
    name = host.removeprefix("*.")
    if not name or not all(character.isalnum() or character in ".-_" for character in name):
        raise ValueError(
            f"{text!r} must be a host, '*.' and a domain, an address or a range, with ':' and a "
            "port at the end or without"
        )
    return Entry(text, host=host, port=port)


def _network(text: str) -> IpNetwork | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _api_servers(environment: Mapping[str, str]) -> tuple[IpAddress, ...]:
    text = environment.get(_API_SERVER_VARIABLE, "").strip("[]")
    try:
        return (ip_address(text),)
    except ValueError:
        return ()
