"""A version is registered as it is, and tells what people decided about it."""

import pytest
from tests.builders import NOW, make_deployment, make_version
from tests.unit.operator.observations import conditions, observed
from tests.unit.operator.policies.approved import approval, judged, rejection, revoked
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionStatus
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_version import decide
from tidewheel_operator.policies.serving_periods import Deployments


def approved(reason: str, message: str, status: str) -> tuple[Condition, ...]:
    [found] = conditions(reason, message, ready=status)
    return (found.model_copy(update={"type": "Approved"}),)


@pytest.mark.parametrize(
    ("approvals", "others"),
    [
        pytest.param((), (), id="nobody has decided"),
        pytest.param(
            (approval(of=judged(run_uid="another run")), approval(2)),
            (),
            id="about another version",
        ),
        pytest.param(
            (approval(),),
            approved("Approved", "'jane' approved 'flight-delay-v1': good", "True"),
            id="it is approved",
        ),
        pytest.param(
            (rejection(),),
            approved("Rejected", "'jane' rejected 'flight-delay-v1': bad", "False"),
            id="it is rejected",
        ),
        pytest.param(
            (revoked(),),
            approved(
                "ApprovalRevoked",
                "'joe' revoked the approval of 'flight-delay-v1' by 'jane': leak",
                "False",
            ),
            id="its approval was taken back",
        ),
    ],
)
def test_version_is_registered_and(
    approvals: tuple[Approval, ...], others: tuple[Condition, ...]
) -> None:
    message = "Passed on 1000 rows of Dataset 'flights'"

    assert decide(observed(make_version()), approvals, Deployments(), NOW) == Decision(
        status=ModelVersionStatus(
            observed_generation=1,
            conditions=(*conditions("Registered", message, ready="True"), *others),
        )
    )


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ({"kind": "Native"}, "Native predicts"),
        (
            {"kind": "Sklearn", "message": "Native knows no such step"},
            "Sklearn predicts, because faster engines do not: Native knows no such step",
        ),
    ],
)
def test_version_tells_what_predicts_it(engine: dict[str, str], message: str) -> None:
    version = observed(make_version(engine=engine))

    _, found = decide(version, (), Deployments(), NOW).status.conditions

    [expected] = conditions(engine["kind"], message, ready="True")
    assert found == expected.model_copy(update={"type": "EngineChosen"})


def test_version_tells_where_it_serves() -> None:
    status = ModelDeploymentStatus(champion=state(1))
    deployments = Deployments((observed(make_deployment(status=status)),))

    [period] = decide(observed(make_version()), (), deployments, NOW).status.serving

    assert period.to_wire() == {
        "deploymentName": "flight-delay",
        "deploymentUid": "uid-modeldeployment-flight-delay",
        "fromTime": state(1).since_time,
    }
