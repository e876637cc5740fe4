"""Where a version serves and served is told by the deployments, whenever somebody looks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_deployment, make_version, time_text
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus, VersionState
from tidewheel_contracts.api.v1alpha1.model_version import (
    MOST_PERIODS,
    EndedPeriod,
    ModelVersionSpec,
    ModelVersionStatus,
    ServingPeriod,
)
from tidewheel_operator.policies.serving_periods import Deployment, Deployments, periods

VERSION: ModelVersionSpec = observed(make_version(1)).spec
BEGAN, ENDED, LATER = (NOW + timedelta(hours=hours) for hours in (1, 2, 3))
Told = tuple[tuple[ServingPeriod, ...], tuple[EndedPeriod, ...]]


def deployment(
    champion: VersionState | None, *warm: VersionState, name: str = "shop"
) -> Deployment:
    status = ModelDeploymentStatus(champion=champion, warm=warm)
    found: Deployment = observed(make_deployment(name, status))
    return found


def uid(name: str) -> str:
    return f"uid-modeldeployment-{name}"


def period(name: str = "shop", began: datetime = BEGAN) -> ServingPeriod:
    return ServingPeriod(deployment_name=name, deployment_uid=uid(name), from_time=time_text(began))


def past(name: str = "shop", began: datetime = BEGAN, ended: datetime = ENDED) -> EndedPeriod:
    values: dict[str, Any] = period(name, began).model_dump()
    return EndedPeriod(**values, until_time=time_text(ended))


def status(
    serving: tuple[ServingPeriod, ...] = (), served: tuple[EndedPeriod, ...] = ()
) -> ModelVersionStatus:
    return ModelVersionStatus(serving=serving, served=served)


def told(before: ModelVersionStatus, *seen: Deployment, gone: tuple[str, ...] = ()) -> Told:
    return periods(VERSION, before, Deployments(seen, gone), LATER)


OURS, NEXT = state(1, BEGAN), state(2, ENDED)
ANOTHER = OURS.model_copy(update={"manifest_digest": NEXT.manifest_digest})
SERVES = status((period(),))


@pytest.mark.parametrize(
    ("before", "seen", "serving", "served"),
    [
        pytest.param(status(), (deployment(None),), (), (), id="nobody serves it"),
        pytest.param(status(), (deployment(NEXT),), (), (), id="another version serves"),
        pytest.param(status(), (deployment(ANOTHER),), (), (), id="a namesake serves"),
        pytest.param(
            status(), (deployment(OURS),), (period(),), (), id="it serves since it is champion"
        ),
        pytest.param(
            SERVES,
            (deployment(OURS), deployment(state(1, ENDED), name="shelf")),
            (period("shelf", ENDED), period()),
            (),
            id="a second deployment serves it, which is told first",
        ),
        pytest.param(SERVES, (deployment(OURS),), (period(),), (), id="it goes on"),
        pytest.param(
            SERVES, (deployment(NEXT),), (), (past(),), id="it ends when another takes its place"
        ),
        pytest.param(
            SERVES,
            (deployment(state(3, LATER), NEXT, state(1, ENDED)),),
            (),
            (past(),),
            id="it ended when it became warm, whoever served since",
        ),
        pytest.param(SERVES, (deployment(None),), (period(),), (), id="the roles were lost"),
        pytest.param(
            SERVES,
            (deployment(state(2, NOW)),),
            (period(),),
            (),
            id="an old list shows who served before it",
        ),
        pytest.param(
            status(served=(past(),)),
            (deployment(OURS),),
            (),
            (past(),),
            id="an old list shows it as the champion that it was",
        ),
        pytest.param(
            status(served=(past(),)),
            (deployment(state(1, LATER)),),
            (period(began=LATER),),
            (past(),),
            id="it serves again",
        ),
        pytest.param(SERVES, (), (period(),), (), id="a deployment that nobody can read"),
    ],
)
def test_version_tells(
    before: ModelVersionStatus,
    seen: tuple[Deployment, ...],
    serving: tuple[ServingPeriod, ...],
    served: tuple[EndedPeriod, ...],
) -> None:
    assert told(before, *seen) == (serving, served)


def test_period_ends_with_its_deployment() -> None:
    assert told(SERVES, gone=(uid("shop"),)) == ((), (past(ended=LATER),))


def test_namesake_of_a_deployment_that_is_gone_is_another() -> None:
    before = status((period().model_copy(update={"deployment_uid": "old"}),))

    serving, served = told(before, deployment(state(1, LATER)), gone=("old",))

    assert serving == (period(began=LATER),)
    assert [(one.deployment_uid, one.until_time) for one in served] == [("old", time_text(LATER))]


def test_what_was_told_is_not_told_again() -> None:
    serving, served = told(SERVES, deployment(NEXT), deployment(OURS, name="shelf"))

    again = told(status(serving, served), deployment(NEXT), deployment(OURS, name="shelf"))

    assert again == (serving, served)


def test_oldest_period_that_ended_makes_room() -> None:
    many = tuple(past(began=NOW - timedelta(hours=hours)) for hours in range(MOST_PERIODS))

    serving, served = told(status((period(),), many), deployment(NEXT))

    assert serving == ()
    assert served == (past(), *many[:-1])
