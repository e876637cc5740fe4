"""Which hosts a source may be at, by what the DNS says of them."""

import pytest
from tests.unit.trainer.egress.guards import answering, guard, policy, refusal

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.resolving import Found, ResolvingGuard, look_up
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.retrying import AwayError


def test_a_public_host_is_connected_to_at_the_address_that_was_judged() -> None:
    assert guard(("93.184.215.14",)).address_of("Example.COM.", 443) == "93.184.215.14"


def test_a_private_address_outside_of_the_cluster_is_permitted() -> None:
    asked = [
        guard((text,)).address_of("database.example", 5432)
        for text in ("192.168.1.5", "172.16.9.1", "10.0.0.7", "fd12:3456::1")
    ]
    assert asked == ["192.168.1.5", "172.16.9.1", "10.0.0.7", "fd12:3456::1"]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "a loopback address"),
        ("127.8.9.10", "a loopback address"),
        ("::1", "a loopback address"),
        ("0.0.0.0", "the unspecified address"),  # noqa: S104
        ("::", "the unspecified address"),
        ("0.1.2.3", "a reserved address"),
        ("169.254.7.7", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("224.0.0.251", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("255.255.255.255", "the broadcast address"),
        ("240.0.0.1", "a reserved address"),
        ("fec0::1", "a reserved address"),
        ("100::1", "a reserved address"),
        ("169.254.169.254", "a metadata service of a cloud"),
        ("fd00:ec2::254", "a metadata service of a cloud"),
        ("100.100.100.200", "a metadata service of a cloud"),
        ("192.0.0.192", "a metadata service of a cloud"),
        ("168.63.129.16", "a metadata service of a cloud"),
        ("172.20.0.1", "the cluster's API server"),
        ("::ffff:169.254.169.254", "a metadata service of a cloud"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("::127.0.0.1", "a loopback address"),
        ("2002:7f00:1::", "a loopback address"),
        ("2002:a9fe:a9fe::1", "a metadata service of a cloud"),
        ("64:ff9b::a9fe:a9fe", "a metadata service of a cloud"),
        ("64:ff9b:1::7f00:1", "a loopback address"),
        ("2001:0:7f00:1::1", "a loopback address"),
    ],
)
def test_no_source_is_at_a_special_address(address: str, kind: str) -> None:
    by_name = refusal(lambda: guard((address,)).address_of("data.example.com", 80))
    by_itself = refusal(lambda: guard((address,)).address_of(address, 80))
    assert kind in by_name
    assert kind in by_itself
    assert "the host 'data.example.com' may not be connected to" in by_name


def test_a_refusal_says_where_the_host_is_and_what_an_administrator_can_do() -> None:
    assert refusal(lambda: guard(("169.254.169.254",)).address_of("data.example.com", 80)) == (
        "the host 'data.example.com' may not be connected to: it is at 169.254.169.254, a "
        "metadata service of a cloud; an administrator can list '169.254.169.254' under "
        "`egress.allow` in the chart's values"
    )


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "2852039166",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "0xa9fea9fe",
        "0",
        "1.2.3.4.5",
        "127.1.",
    ],
)
def test_an_address_in_an_odd_spelling_is_refused(host: str) -> None:
    assert "must be written as four decimal numbers" in refusal(
        lambda: guard(("93.184.215.14",)).address_of(host, 80)
    )


def test_a_translated_public_address_is_permitted() -> None:
    # Networks that have IPv6 only reach the IPv4 part of the internet in this way.
    address = "64:ff9b::5db8:d70e"
    assert guard((address,)).address_of("example.com", 443) == address


@pytest.mark.parametrize(
    "host",
    [
        "postgres",
        "postgres.ml",
        "postgres.ml.svc",
        "postgres.ml.svc.cluster.local",
        "postgres.ml.svc.cluster.local.",
        "kafka-0.kafka.ml.svc.cluster.local",
    ],
)
def test_the_services_of_the_own_namespace_are_permitted(host: str) -> None:
    assert guard(("10.96.4.4",)).address_of(host, 5432) == "10.96.4.4"


@pytest.mark.parametrize("host", ["vault.secrets.svc", "vault.secrets.svc.cluster.local"])
@pytest.mark.parametrize("ranges", [["10.96.0.0/12"], []])
def test_services_of_other_namespaces_are_refused_by_name(host: str, ranges: list[str]) -> None:
    asked = guard(("10.96.4.4",), clusterRanges=ranges)
    assert refusal(lambda: asked.address_of(host, 8200)) == (
        f"the host '{host}' may not be connected to: it belongs to another namespace of the "
        f"cluster; an administrator can list '{host}' under `egress.allow` in the chart's values"
    )


def test_a_short_name_that_the_dns_completes_to_another_namespace_is_refused() -> None:
    asked = guard(("10.96.4.4",), canonical="vault.secrets.svc.cluster.local", clusterRanges=[])
    assert "another namespace" in refusal(lambda: asked.address_of("vault.secrets", 8200))


def test_an_alias_of_the_own_namespace_does_not_lead_to_another_one() -> None:
    asked = guard(("10.96.4.4",), canonical="vault.secrets.svc.cluster.local")
    assert "another namespace" in refusal(lambda: asked.address_of("alias.ml.svc", 8200))


def test_an_alias_of_the_own_namespace_may_lead_out_of_the_cluster() -> None:
    asked = guard(("93.184.215.14",), canonical="db.example.com")
    assert asked.address_of("alias.ml.svc", 5432) == "93.184.215.14"


def test_a_foreign_name_does_not_open_the_own_namespace() -> None:
    asked = guard(("10.96.4.4",), canonical="postgres.ml.svc.cluster.local")
    assert "inside the cluster" in refusal(lambda: asked.address_of("evil.example", 5432))


@pytest.mark.parametrize("address", ["10.96.4.4", "10.244.1.9", "::ffff:10.96.4.4"])
def test_addresses_of_the_cluster_are_refused_without_a_name_that_opens_them(address: str) -> None:
    by_name = refusal(lambda: guard((address,)).address_of("data.example.com", 80))
    by_itself = refusal(lambda: guard((address,)).address_of(address, 80))
    assert "an address inside the cluster" in by_name
    assert "an address inside the cluster" in by_itself


@pytest.mark.parametrize(
    ("entry", "host", "address", "port"),
    [
        ("vault.secrets.svc", "vault.secrets.svc", "10.96.4.4", 8200),
        ("vault.secrets.svc:8200", "vault.secrets.svc", "10.96.4.4", 8200),
        ("*.example.com", "data.example.com", "10.96.4.4", 80),
        ("10.96.4.0/24", "data.example.com", "10.96.4.4", 80),
        ("10.96.4.4:80", "10.96.4.4", "10.96.4.4", 80),
        ("127.0.0.1", "localhost", "127.0.0.1", 9000),
        ("127.0.0.1:9000", "localhost", "127.0.0.1", 9000),
        ("[::1]:9000", "::1", "::1", 9000),
        ("172.20.0.1", "kubernetes.example", "172.20.0.1", 443),
    ],
)
def test_what_the_administrator_lists_is_permitted(
    entry: str, host: str, address: str, port: int
) -> None:
    assert guard((address,), allow=[entry]).address_of(host, port) == address


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("*.example.com", "example.com", "10.96.4.4"),
        ("*.example.com", "example.com.evil.example", "10.96.4.4"),
        ("vault.secrets.svc:8200", "vault.secrets.svc", "10.96.4.4"),
        ("10.96.4.0/24", "data.example.com", "10.96.5.1"),
        ("127.0.0.1:9000", "localhost", "127.0.0.1"),
    ],
)
def test_an_entry_opens_only_what_it_says(entry: str, host: str, address: str) -> None:
    asked = guard((address,), allow=[entry])
    assert "may not be connected to" in refusal(lambda: asked.address_of(host, 80))


def test_a_listed_name_never_opens_a_metadata_service() -> None:
    # The owner of the domain writes its DNS, not the administrator of the cluster.
    asked = guard(("169.254.169.254",), allow=["*.example.com"])
    assert "a metadata service" in refusal(lambda: asked.address_of("data.example.com", 80))


def test_of_several_addresses_a_permitted_one_is_taken() -> None:
    asked = guard(("169.254.169.254", "93.184.215.14"))
    assert asked.address_of("data.example.com", 80) == "93.184.215.14"


def test_a_dns_that_changes_its_answer_is_judged_by_each_answer() -> None:
    asked = guard(("93.184.215.14",), ("169.254.169.254",))
    assert asked.address_of("rebinding.example", 80) == "93.184.215.14"
    assert "a metadata service" in refusal(lambda: asked.address_of("rebinding.example", 80))


def test_a_dns_that_is_away_is_asked_again() -> None:
    answers = iter([AwayError("the DNS does not answer"), Found("a.example", ("8.8.8.8",))])

    def resolve(host: str, port: int) -> Found:
        answer = next(answers)
        if isinstance(answer, AwayError):
            raise answer
        return answer

    asked = ResolvingGuard(policy(), resolve, pause=lambda _: None)
    assert asked.address_of("a.example", 80) == "8.8.8.8"


def test_a_dns_that_stays_away_makes_the_source_unavailable() -> None:
    moments = iter(range(0, 1000, 7))

    def resolve(host: str, port: int) -> Found:
        raise AwayError(f"the DNS does not answer for the host '{host}'")

    asked = ResolvingGuard(policy(), resolve, lambda: float(next(moments)), lambda _: None)
    with pytest.raises(TrainerError) as caught:
        asked.address_of("a.example", 80)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_UNAVAILABLE,
        "the DNS does not answer for the host 'a.example'; it was tried again for 20 seconds",
    )


def test_a_host_without_an_address_makes_the_source_unavailable() -> None:
    asked = ResolvingGuard(policy(), answering(()))
    with pytest.raises(TrainerError) as caught:
        asked.address_of("a.example", 80)
    assert caught.value.message == "the host 'a.example' has no address"


def test_the_resolver_of_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in look_up("localhost", 80).addresses


def test_a_host_that_no_dns_could_know_is_named() -> None:
    with pytest.raises(TrainerError) as caught:
        look_up("a" * 64 + ".example", 80)
    assert caught.value.reason is FailureReason.SOURCE_UNAVAILABLE


def test_of_another_namespace_the_operators_port_for_reports_alone_is_opened() -> None:
    host, rules = "tidewheel.system.svc", policy().also_allowing("tidewheel.system.svc:8091")
    guard = ResolvingGuard(rules, answering(("10.96.7.7",)), pause=lambda _: None)

    assert guard.address_of(host, 8091) == "10.96.7.7"
    assert "it belongs to another namespace" in refusal(lambda: guard.address_of(host, 8080))
    others = refusal(lambda: guard.address_of("other.system.svc", 8091))
    assert "it belongs to another namespace" in others
