"""Which decision about a version counts."""

from datetime import timedelta

import pytest
from tests.builders import CREATED, digest, make_version
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.approved import approval, judged, rejection, revoked
from tests.unit.operator.policies.served import state

from tidewheel_operator.policies.approvals import (
    Approval,
    decisive,
    is_approved,
    of_served,
    of_version,
    told,
)

LATER = CREATED + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("decisions", "name", "approves"),
    [
        pytest.param((), None, False, id="nobody decided"),
        pytest.param((approval(),), "approval", True, id="one approves"),
        pytest.param((rejection(),), "rejection", False, id="one rejects"),
        pytest.param((revoked(),), "revoked", False, id="the approval was taken back"),
        pytest.param((approval(), rejection(at=LATER)), "rejection", False, id="a later rejection"),
        pytest.param((approval(at=LATER), rejection()), "approval", True, id="a later approval"),
        pytest.param(
            (approval(name="z"), rejection(name="a")), "a", False, id="both in the same second"
        ),
        pytest.param(
            (approval(), revoked(at=LATER)), "approval", True, id="a later one was taken back"
        ),
        pytest.param(
            (revoked(), rejection()), "rejection", False, id="what was taken back counts last"
        ),
        pytest.param(
            (approval(name="a"), approval(name="b")), "b", True, id="two approve in one second"
        ),
        pytest.param(
            (revoked(name="old"), revoked(name="new", at=LATER)), "new", False, id="all taken back"
        ),
    ],
)
def test_newest_decision_that_was_not_taken_back_counts(
    decisions: tuple[Approval, ...], name: str | None, approves: bool
) -> None:
    for given in (decisions, decisions[::-1]):
        found = decisive(given)
        assert (found.metadata.name if found else None, is_approved(given)) == (name, approves)


def test_decisions_are_of_the_version_that_was_judged() -> None:
    ours = approval(2)
    others = (
        approval(1),
        approval(2, of=judged(2, run_uid="another run")),
        approval(2, of=judged(3)),
        approval(model_version_name="rain-v2"),
    )

    assert of_version((*others, ours), observed(make_version(2)).spec) == (ours,)


def test_decisions_about_what_serves_are_told_by_its_manifest() -> None:
    """Its object may be gone, and with it the name of its run."""
    ours = approval(2, of=judged(2, run_uid="another run"))
    other = judged(2).model_copy(update={"manifest_digest": digest("another")})

    assert of_served((approval(1), approval(2, of=other), ours), state(2)) == (ours,)


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        pytest.param(approval(), "'jane' approved 'flight-delay-v1': good", id="approved"),
        pytest.param(rejection(), "'jane' rejected 'flight-delay-v1': bad", id="rejected"),
        pytest.param(
            revoked(),
            "'joe' revoked the approval of 'flight-delay-v1' by 'jane': leak",
            id="revoked",
        ),
        pytest.param(
            revoked(decision="Rejected"),
            "'joe' revoked the rejection of 'flight-delay-v1' by 'jane': leak",
            id="a rejection that was revoked",
        ),
    ],
)
def test_a_decision_is_told_with_who_and_why(decision: Approval, text: str) -> None:
    assert told(decision) == text
