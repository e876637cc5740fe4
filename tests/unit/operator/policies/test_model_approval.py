"""A ModelApproval records once what it judges, and says whether it counts."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import CREATED, NOW, Object, make_approval, make_version, time_text
from tests.unit.operator.observations import conditions, observed
from tests.unit.operator.policies.approved import (
    REVOCATION,
    approval,
    judged,
    rejection,
    revoked,
)

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_approval import JudgedVersion, ModelApprovalStatus
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_approval import ModelApprovalView, decide

VERSION = "ModelVersion 'flight-delay-v1'"
LATER = CREATED + timedelta(seconds=1)


def view(
    item: Object | Approval, version: Object | None = None, *others: Approval
) -> ModelApprovalView:
    own = observed(item) if isinstance(item, dict) else item
    return ModelApprovalView(
        approval=own,
        version=observed(version) if version is not None else None,
        approvals=(own, *others),
    )


def said(version: JudgedVersion | None, *conditions: Condition) -> Decision[ModelApprovalStatus]:
    return Decision(
        status=ModelApprovalStatus(observed_generation=1, conditions=conditions, version=version)
    )


def at(moment: Any) -> dict[str, Any]:
    return {"creationTimestamp": time_text(moment)}


VALID = conditions("Valid", "'jane' approved 'flight-delay-v1': good", ready="True")
EARLY = conditions(
    "Superseded",
    f"{VERSION} was registered after this was decided; create another ModelApproval for it",
    "Stalled",
)
ANOTHER = conditions(
    "Superseded",
    f"{VERSION} is another than the one that was judged; create another ModelApproval for it",
    "Stalled",
)
REVOKED = conditions("Revoked", "'joe' revoked the approval of 'flight-delay-v1' by 'jane': leak")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            view(make_approval(), make_version()),
            said(judged(), *VALID),
            id="what it judges is there",
        ),
        pytest.param(
            view(make_approval(), make_version(metadata=at(LATER))),
            said(None, *EARLY),
            id="nobody has seen a version that comes later",
        ),
        pytest.param(
            view(make_approval(metadata=at(LATER)), make_version()),
            said(judged(), *VALID),
            id="the version was there before",
        ),
        pytest.param(
            view(approval(), make_version(metadata=at(NOW))),
            said(judged(), *VALID),
            id="a version that is restored as it was keeps its approval",
        ),
        pytest.param(
            view(approval(), make_version(run_uid="another run")),
            said(judged(), *ANOTHER),
            id="a version of another run has the name",
        ),
        pytest.param(
            view(make_approval()),
            said(
                None,
                *conditions(
                    "VersionMissing",
                    "there is no ModelVersion 'flight-delay-v1'; create a ModelApproval after the "
                    "version is registered",
                    "Stalled",
                ),
            ),
            id="there is no such version",
        ),
        pytest.param(
            view(approval()),
            said(
                judged(),
                *conditions(
                    "VersionMissing",
                    f"{VERSION} was deleted; a server that still has it may go on",
                ),
            ),
            id="the version was deleted",
        ),
        pytest.param(
            view(make_approval(revocation=REVOCATION), make_version()),
            said(judged(), *REVOKED),
            id="it is taken back",
        ),
        pytest.param(view(revoked()), said(judged(), *REVOKED), id="taken back, and deleted"),
        pytest.param(
            view(make_approval(), make_version(), rejection(at=LATER)),
            said(
                judged(),
                *conditions(
                    "Overruled",
                    "ModelApproval 'rejection' is newer: 'jane' rejected 'flight-delay-v1': bad",
                ),
            ),
            id="a later one says otherwise",
        ),
        pytest.param(
            view(make_approval(), make_version(), rejection(at=LATER, of=judged(run_uid="else"))),
            said(judged(), *VALID),
            id="a later one is about another version of the name",
        ),
        pytest.param(
            view(approval(), make_version(), approval(name="again", at=LATER)),
            said(judged(), *VALID),
            id="a later one says the same",
        ),
        pytest.param(
            view(rejection(at=LATER), make_version(), approval()),
            said(
                judged(),
                *conditions("Valid", "'jane' rejected 'flight-delay-v1': bad", ready="True"),
            ),
            id="a rejection overrules what was before",
        ),
    ],
)
def test_decision_about(given: ModelApprovalView, expected: Decision[ModelApprovalStatus]) -> None:
    assert decide(given, NOW) == expected


def test_what_was_said_is_not_said_again() -> None:
    given = view(make_approval(), make_version())
    first = decide(given, NOW)
    again = dataclasses.replace(given.approval, status=first.status)

    later = decide(dataclasses.replace(given, approval=again), NOW + timedelta(hours=1))

    assert later == first
