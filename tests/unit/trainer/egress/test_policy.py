"""The list that the chart hands to the programs, read."""

from ipaddress import ip_network

import pytest

from tidewheel_contracts.job import EGRESS_VARIABLE, FailureReason
from tidewheel_trainer.egress.policy import Entry, Policy, parse_entry, read_policy
from tidewheel_trainer.failure import TrainerError


def test_without_the_variable_nothing_is_listed() -> None:
    assert read_policy({}) == Policy()


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Api.Example.com", Entry("Api.Example.com", host="api.example.com")),
        ("*.example.com:443", Entry("*.example.com:443", host="*.example.com", port=443)),
        ("10.1.2.0/24", Entry("10.1.2.0/24", network=ip_network("10.1.2.0/24"))),
        ("10.1.2.3", Entry("10.1.2.3", network=ip_network("10.1.2.3"))),
        ("10.1.2.3:80", Entry("10.1.2.3:80", network=ip_network("10.1.2.3"), port=80)),
        ("fd00::/8", Entry("fd00::/8", network=ip_network("fd00::/8"))),
        ("fd00::1", Entry("fd00::1", network=ip_network("fd00::1"))),
        ("[fd00::1]:443", Entry("[fd00::1]:443", network=ip_network("fd00::1"), port=443)),
        ("10.1.2.0/24:80", Entry("10.1.2.0/24:80", network=ip_network("10.1.2.0/24"), port=80)),
    ],
)
def test_an_entry_is_a_host_a_domain_an_address_or_a_range(text: str, entry: Entry) -> None:
    assert parse_entry(text) == entry


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.", "host:", "host:0", "host:65536", "a b", "https://a.example", "10.0.0.0/33"],
)
def test_what_is_no_entry_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_entry(text)


@pytest.mark.parametrize(
    "text", ["{", '{"allow": ["a b"]}', '{"clusterRanges": ["10.96.0.0/40"]}', '{"deny": []}']
)
def test_a_list_that_cannot_be_read_opens_nothing(text: str) -> None:
    with pytest.raises(TrainerError) as caught:
        read_policy({EGRESS_VARIABLE: text})
    assert caught.value.reason is FailureReason.REQUEST_INVALID
    assert "cannot be read; correct `egress` in the chart's values" in caught.value.message
