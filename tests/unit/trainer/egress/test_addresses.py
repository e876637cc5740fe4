"""Addresses of all kinds, in all spellings: what is refused stays refused however it is written."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.trainer.egress.guards import guard, refusal

_REFUSED = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.96.0.0/12",
        "10.244.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/3",
    )
]
_SPELLINGS: list[Callable[[IPv4Address], str]] = [
    str,
    lambda address: f"::ffff:{address}",
    lambda address: str(IPv6Address((0x64FF9B << 96) | int(address))),
    lambda address: str(IPv6Address((0x2002 << 112) | (int(address) << 80) | 1)),
]


def _inside(network: IPv4Network) -> st.SearchStrategy[IPv4Address]:
    first, last = int(network.network_address), int(network.broadcast_address)
    return st.integers(first, last).map(IPv4Address)


@given(st.one_of(*map(_inside, _REFUSED)), st.sampled_from(_SPELLINGS))
def test_an_address_that_is_refused_is_so_in_every_spelling(
    address: IPv4Address, spelling: Callable[[IPv4Address], str]
) -> None:
    text = spelling(address)
    refusal(lambda: guard((text,)).address_of("data.example.com", 443))
    refusal(lambda: guard((text,)).address_of(text, 443))


@given(_inside(IPv4Network("8.0.0.0/7")), st.sampled_from(_SPELLINGS))
def test_a_public_address_is_permitted_in_every_spelling(
    address: IPv4Address, spelling: Callable[[IPv4Address], str]
) -> None:
    text = spelling(address)
    assert guard((text,)).address_of("data.example.com", 443) == text


@given(st.integers(0, 2**32 - 1))
def test_an_address_as_one_number_is_refused(number: int) -> None:
    for text in (str(number), hex(number), oct(number).replace("o", "")):
        refusal(lambda text=text: guard(("8.8.8.8",)).address_of(text, 443))


@given(st.binary(min_size=16, max_size=16).map(IPv6Address))
def test_ipv6_outside_of_global_and_local_ranges_is_refused(address: IPv6Address) -> None:
    top = int(address) >> 120
    if top & 0xE0 == 0x20 or top & 0xFE == 0xFC:
        return
    asked = guard((str(address),))
    refusal(lambda: asked.address_of("data.example.com", 443))
