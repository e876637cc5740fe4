"""What a deployment says about approvals: beside who serves, what waits, and how to go on."""

import pytest
from tests.builders import NOW, make_deployment, make_store
from tests.unit.operator.observations import SERVER, conditions, observed
from tests.unit.operator.policies.approved import approval, rejection, revoked
from tests.unit.operator.policies.served import complete, starting, state, versions

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus, VersionState
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.model_deployment import decide
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.roles import Roles, roles_of
from tidewheel_operator.policies.workload_state import WorkloadState


def view(
    champion: VersionState | None,
    registered: tuple[int, ...],
    *approvals: Approval,
    candidate: VersionState | None = None,
    workloads: tuple[WorkloadState, ...] = (),
    policy: str = "LatestApproved",
) -> ModelDeploymentView:
    status = ModelDeploymentStatus(champion=champion, candidate=candidate)
    return ModelDeploymentView(
        deployment=observed(make_deployment(status=status, version={"policy": policy})),
        versions=versions(*registered),
        approvals=approvals,
        store=observed(make_store()).spec,
        deployments=(),
        services=(),
        workloads=workloads,
        image=SERVER,
    )


def said(view: ModelDeploymentView) -> tuple[Condition, ...]:
    return decide(view, NOW).status.conditions


def one(kind: str, reason: str, message: str) -> tuple[Condition, ...]:
    [found] = conditions(reason, message, ready="True")
    return (found.model_copy(update={"type": kind}),)


def how(number: int) -> str:
    return (
        "To approve it, `kubectl create -f` a ModelApproval with `modelVersionName: "
        f"flight-delay-v{number}`, `decision: Approved`, a `reason`, and as `approver` the name "
        "that `kubectl auth whoami` tells you"
    )


SERVES_2 = conditions("Serving", "version 2 serves", ready="True")
LEAK = "'joe' revoked the approval of 'flight-delay-v2' by 'jane': leak"
ALONE = "version 2 serves on without an approval, because no other version is approved: "


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            view(None, ()),
            conditions("NoVersion", "model 'flight-delay' has no version yet", "Reconciling"),
            id="there is no version",
        ),
        pytest.param(
            view(None, (1, 2)),
            conditions(
                "WaitingForApproval",
                "no version of model 'flight-delay' is approved; the newest is "
                f"'flight-delay-v2'. {how(2)}",
                "Stalled",
            ),
            id="nobody has decided",
        ),
        pytest.param(
            view(None, (1, 2), rejection(2)),
            conditions(
                "WaitingForApproval",
                "no version of model 'flight-delay' is approved; 'jane' rejected "
                f"'flight-delay-v2': bad. {how(2)}",
                "Stalled",
            ),
            id="the newest was rejected",
        ),
        pytest.param(
            view(state(2), (1, 2), approval(2), workloads=complete(2)),
            SERVES_2,
            id="the champion is approved",
        ),
        pytest.param(
            view(state(2), (2, 3, 4), approval(2), workloads=complete(2)),
            (
                *SERVES_2,
                *one(
                    "ApprovalPending",
                    "WaitingForApproval",
                    f"version 4 waits for a decision. {how(4)}",
                ),
            ),
            id="newer ones wait",
        ),
        pytest.param(
            view(state(2), (2, 3), approval(2), rejection(3), workloads=complete(2)),
            SERVES_2,
            id="the newer one was rejected",
        ),
        pytest.param(
            view(state(2), (2,), revoked(2), workloads=complete(2)),
            (
                *SERVES_2,
                *one("Stalled", "ApprovalRevoked", ALONE + LEAK),
                *one("Unapproved", "ApprovalRevoked", ALONE + LEAK),
            ),
            id="the only approval was taken back",
        ),
        pytest.param(
            view(state(2), (2,), rejection(2), workloads=complete(2)),
            (
                *SERVES_2,
                *one("Stalled", "Rejected", f"{ALONE}'jane' rejected 'flight-delay-v2': bad"),
                *one("Unapproved", "Rejected", f"{ALONE}'jane' rejected 'flight-delay-v2': bad"),
            ),
            id="the champion was rejected",
        ),
        pytest.param(
            view(state(2), (2,), workloads=complete(2)),
            (
                *SERVES_2,
                *one(
                    "Stalled",
                    "WaitingForApproval",
                    f"{ALONE}nobody has approved 'flight-delay-v2'",
                ),
                *one(
                    "Unapproved",
                    "WaitingForApproval",
                    f"{ALONE}nobody has approved 'flight-delay-v2'",
                ),
            ),
            id="it served before anybody was asked",
        ),
        pytest.param(
            view(
                state(2),
                (1, 2),
                approval(1),
                revoked(2),
                candidate=state(1),
                workloads=(*complete(2), starting(1)),
            ),
            (
                *conditions(
                    "RollingOut",
                    "version 2 serves until all pods of version 1 answer",
                    "Reconciling",
                    ready="True",
                ),
                *one(
                    "Unapproved",
                    "ApprovalRevoked",
                    f"version 2 serves without an approval until version 1 answers: {LEAK}",
                ),
            ),
            id="it goes back",
        ),
        pytest.param(
            view(state(2), (2, 3), revoked(2), workloads=complete(2), policy="Latest"),
            conditions(
                "RollingOut",
                "version 2 serves until all pods of version 3 answer",
                "Reconciling",
                ready="True",
            ),
            id="nobody is asked",
        ),
    ],
)
def test_what_a_deployment_says_when(
    given: ModelDeploymentView, expected: tuple[Condition, ...]
) -> None:
    assert said(given) == expected


def test_degraded_champion_without_an_approval_says_both() -> None:
    found = said(view(state(2), (2,), revoked(2)))

    assert [(item.type, item.reason) for item in found] == [
        ("Ready", "Degraded"),
        ("Reconciling", "Degraded"),
        ("Unapproved", "ApprovalRevoked"),
    ]


def test_approval_of_the_first_version_makes_it_the_candidate() -> None:
    decision = decide(view(None, (1,), approval(1)), NOW)

    assert decision.status.candidate == state(1, NOW)
    assert decision.status.conditions == conditions("Starting", "version 1 starts", "Reconciling")


def test_candidate_whose_approval_is_taken_back_goes() -> None:
    given = view(state(1), (1, 2), approval(1), revoked(2), candidate=state(2))

    assert roles_of(decide(given, NOW).status) == Roles(champion=state(1))


def test_conditions_fit_the_status_and_are_of_different_types() -> None:
    found = said(view(state(2), (2, 3, 4), revoked(2), approval(3), candidate=state(3)))

    types = [item.type for item in found]
    assert types == ["Ready", "Reconciling", "Unapproved", "ApprovalPending"]
