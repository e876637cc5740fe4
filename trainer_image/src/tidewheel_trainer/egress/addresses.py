"""Which addresses no source may be at: pure rules over addresses, without any look-up."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.spelling import IpAddress, IpNetwork, embedded_in

__all__ = ["never_because"]

_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # container credentials of AWS
        "169.254.170.23",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "fd20:ce::254",  # Google
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
    )
)
# First match names the kind.
_NEVER_V4 = (
    (IPv4Network("127.0.0.0/8"), "a loopback address"),
    (IPv4Network("0.0.0.0/32"), "the unspecified address"),
    (IPv4Network("169.254.0.0/16"), "a link-local address"),
    (IPv4Network("224.0.0.0/4"), "a multicast address"),
    (IPv4Network("255.255.255.255/32"), "the broadcast address"),
    (IPv4Network("0.0.0.0/8"), "a reserved address"),
    (IPv4Network("192.0.0.0/24"), "a reserved address"),
    (IPv4Network("240.0.0.0/4"), "a reserved address"),
)
_NEVER_V6 = (
    (IPv6Network("::1/128"), "a loopback address"),
    (IPv6Network("::/128"), "the unspecified address"),
    (IPv6Network("fe80::/10"), "a link-local address"),
    (IPv6Network("ff00::/8"), "a multicast address"),
)
# Global unicast and unique local addresses; everything else of IPv6 is reserved or translated.
_USABLE_V6 = (IPv6Network("2000::/3"), IPv6Network("fc00::/7"))


def never_because(address: IpAddress, port: int, policy: Policy) -> str | None:
    """Return what an address is that no source may be at, unless the address is listed.

    Addresses of the cluster are not among them: a name can open these.
    """
    if policy.lists_address(address, port):
        return None
    # What hides in an address says more than that it is an unusual one.
    for part in reversed(embedded_in(address)):
        if policy.lists_address(part, port):
            continue
        kind = _kind_of(part, policy)
        if kind is not None:
            return kind if part == address else f"{kind} ({part}) in another spelling"
    return None


def _kind_of(address: IpAddress, policy: Policy) -> str | None:
    if address in _METADATA:
        return "a metadata service of a cloud"
    if address in policy.api_servers:
        return "the cluster's API server"
    kinds: tuple[tuple[IpNetwork, str], ...]
    kinds = _NEVER_V4 if isinstance(address, IPv4Address) else _NEVER_V6
    for network, kind in kinds:
        if address in network:
            return kind
    if isinstance(address, IPv6Address) and not any(address in usable for usable in _USABLE_V6):
        return "a reserved address"
    return None
