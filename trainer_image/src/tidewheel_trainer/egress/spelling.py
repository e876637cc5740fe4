"""How one address can be written, and which others hide in it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["IpAddress", "IpNetwork", "embedded_in", "is_odd_literal", "literal", "parse_address"]

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")


def parse_address(text: str) -> IpAddress:
    """Return an address; the zone of a link-local one does not matter here.

    Raises:
        ValueError: it is none.
    """
    return ip_address(text.strip("[]").partition("%")[0])


def literal(host: str) -> IpAddress | None:
    """Return the address that a host is, if it is one in its usual spelling."""
    try:
        return parse_address(host)
    except ValueError:
        return None


def is_odd_literal(host: str) -> bool:
    """Tell whether C libraries read a host as an IPv4 address although it is not in four decimals.

    They take `2130706433`, `0x7f.1` and `0177.0.0.1` for 127.0.0.1.
    """
    last = host.rstrip(".").rpartition(".")[2].lower()
    is_number = last.isdigit() or (
        last.startswith("0x") and all(digit in "0123456789abcdef" for digit in last[2:])
    )
    return is_number and literal(host) is None


def embedded_in(address: IpAddress) -> tuple[IpAddress, ...]:
    """Return an address and the IPv4 ones that routers or hosts may deliver it to instead."""
    if isinstance(address, IPv4Address):
        return (address,)
    found: list[IpAddress] = [address]
    if address.ipv4_mapped is not None:
        # Mapped addresses are IPv4 altogether: only the embedded one is ever on the wire.
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(reversed(address.teredo))
    if any(address in network for network in _NAT64):
        # The embedded address stands for the translated one; the prefix itself is no place.
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address in _COMPATIBLE and int(address) > 1:
        found.append(IPv4Address(int(address)))
    return tuple(found)
