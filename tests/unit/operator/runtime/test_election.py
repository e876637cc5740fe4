"""What a replica may do about a Lease, and what it writes into it."""

from datetime import UTC, datetime

import pytest

from tidewheel_operator.runtime.election import (
    Claim,
    Lease,
    claim,
    lease_of,
    manifest,
    released,
    taken,
)

NOW = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)
OLD = "2026-11-21T11:00:00.000000Z"
THEIRS = Lease("them", 15, OLD, OLD, transitions=3, version="7")
OURS = Lease("us", 15, OLD, OLD, transitions=3, version="7")


@pytest.mark.parametrize(
    ("lease", "unchanged", "expected"),
    [
        pytest.param(Lease(), 0, Claim.TAKE, id="nobody has ever held it"),
        pytest.param(released(THEIRS, NOW), 0, Claim.TAKE, id="its holder gave it back"),
        pytest.param(OURS, 0, Claim.RENEW, id="we hold it"),
        pytest.param(OURS, 9999, Claim.RENEW, id="we hold it and did not renew it for long"),
        pytest.param(THEIRS, 0, Claim.WAIT, id="somebody holds it"),
        pytest.param(THEIRS, 14.9, Claim.WAIT, id="its holder is silent but not for long enough"),
        pytest.param(THEIRS, 15, Claim.TAKE, id="its holder is silent for its whole duration"),
        pytest.param(
            Lease("them", 0, version="7"), 0, Claim.TAKE, id="somebody wrote it without a duration"
        ),
    ],
)
def test_claim(lease: Lease, unchanged: float, expected: Claim) -> None:
    assert claim(lease, "us", unchanged) is expected


def test_taken_lease_counts_the_change_of_hands() -> None:
    moment = "2026-11-21T12:00:00.250000Z"

    assert taken(THEIRS, "us", 15, NOW) == Lease("us", 15, moment, moment, 4, "7")


def test_renewed_lease_keeps_the_time_since_when_it_is_held() -> None:
    moment = "2026-11-21T12:00:00.250000Z"

    assert taken(OURS, "us", 15, NOW) == Lease("us", 15, OLD, moment, 3, "7")


def test_released_lease_names_nobody_and_keeps_its_history() -> None:
    moment = "2026-11-21T12:00:00.250000Z"

    assert released(OURS, NOW) == Lease("", 1, OLD, moment, 3, "7")


def test_manifest_carries_the_version_so_that_one_of_two_writers_wins() -> None:
    assert manifest(OURS, "system", "operator") == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "operator", "namespace": "system", "resourceVersion": "7"},
        "spec": {
            "holderIdentity": "us",
            "leaseDurationSeconds": 15,
            "acquireTime": OLD,
            "renewTime": OLD,
            "leaseTransitions": 3,
        },
    }


def test_manifest_of_a_lease_that_does_not_exist_has_no_version() -> None:
    item = manifest(taken(Lease(), "us", 15, NOW), "system", "operator")

    assert item["metadata"] == {"name": "operator", "namespace": "system"}
    assert item["spec"]["leaseTransitions"] == 1


def test_manifest_reads_back_as_the_same_lease() -> None:
    assert lease_of(manifest(OURS, "system", "operator")) == OURS


@pytest.mark.parametrize("spec", [{}, {"spec": None}, {"spec": {"holderIdentity": None}}])
def test_lease_without_contents_is_held_by_nobody(spec: dict[str, object]) -> None:
    assert lease_of({"metadata": {"resourceVersion": "7"}, **spec}) == Lease(version="7")
