"""Which version is champion, candidate or warm, and how that changes."""

from collections.abc import Sequence

import pytest
from tests.builders import NOW, make_deployment
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.served import complete, starting, state, versions

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec
from tidewheel_operator.policies.roles import Roles, next_roles, warm_seconds_left
from tidewheel_operator.policies.workload_state import WorkloadState


def spec(pinned: int | None = None, window: int = 600) -> ModelDeploymentSpec:
    choice = {"policy": "Pinned", "number": pinned} if pinned else {"policy": "Latest"}
    found: ModelDeploymentSpec = observed(
        make_deployment(version=choice, rollback_window_seconds=window)
    ).spec
    return found


ONE_SERVES = Roles(champion=state(1))
TWO_STARTS = Roles(champion=state(1), candidate=state(2))
TWO_SERVES = Roles(champion=state(2), warm=(state(1),))


@pytest.mark.parametrize(
    ("before", "wanted", "registered", "workloads", "after"),
    [
        pytest.param(Roles(), spec(), (), (), Roles(), id="nothing is registered"),
        pytest.param(
            Roles(), spec(), (1,), (), Roles(candidate=state(1, NOW)), id="the first version comes"
        ),
        pytest.param(
            Roles(candidate=state(1)),
            spec(),
            (1,),
            (starting(1),),
            Roles(candidate=state(1)),
            id="the first version starts",
        ),
        pytest.param(
            Roles(candidate=state(1)),
            spec(),
            (1,),
            (),
            Roles(candidate=state(1)),
            id="the first version has no pods yet",
        ),
        pytest.param(
            Roles(candidate=state(1)),
            spec(),
            (1,),
            complete(1),
            Roles(champion=state(1, NOW)),
            id="the first version answers and serves",
        ),
        pytest.param(ONE_SERVES, spec(), (1,), complete(1), ONE_SERVES, id="nothing is new"),
        pytest.param(
            ONE_SERVES,
            spec(),
            (1, 2),
            complete(1),
            Roles(champion=state(1), candidate=state(2, NOW)),
            id="a second version comes",
        ),
        pytest.param(
            TWO_STARTS,
            spec(),
            (1, 2),
            (*complete(1), starting(2)),
            TWO_STARTS,
            id="the champion serves while the second starts",
        ),
        pytest.param(
            TWO_STARTS,
            spec(),
            (1, 2),
            complete(1, 2),
            Roles(champion=state(2, NOW), warm=(state(1, NOW),)),
            id="the second takes over and the first stays warm",
        ),
        pytest.param(
            TWO_STARTS,
            spec(),
            (1, 2, 3),
            (*complete(1), starting(2)),
            Roles(champion=state(1), candidate=state(3, NOW)),
            id="a third version replaces a candidate that still starts",
        ),
        pytest.param(
            TWO_STARTS,
            spec(),
            (1,),
            complete(1, 2),
            ONE_SERVES,
            id="a candidate whose version is deleted goes",
        ),
        pytest.param(
            Roles(candidate=state(1)),
            spec(),
            (),
            complete(1),
            Roles(),
            id="the first candidate goes with its version",
        ),
        pytest.param(
            Roles(champion=state(2)),
            spec(),
            (1,),
            complete(2),
            Roles(champion=state(2)),
            id="Latest never goes back when the champion's version is deleted",
        ),
        pytest.param(
            Roles(champion=state(2)),
            spec(),
            (),
            complete(2),
            Roles(champion=state(2)),
            id="the champion serves though every version is deleted",
        ),
        pytest.param(
            Roles(champion=state(2)),
            spec(),
            (1, 3),
            complete(2),
            Roles(champion=state(2), candidate=state(3, NOW)),
            id="a newer version follows a deleted one",
        ),
        pytest.param(
            ONE_SERVES,
            spec(pinned=1),
            (1, 2),
            complete(1),
            ONE_SERVES,
            id="a pinned version keeps newer ones out",
        ),
        pytest.param(
            TWO_STARTS,
            spec(pinned=1),
            (1, 2),
            complete(1, 2),
            ONE_SERVES,
            id="pinning the champion drops the candidate",
        ),
        pytest.param(
            TWO_SERVES,
            spec(pinned=1),
            (1, 2),
            complete(1, 2),
            Roles(champion=state(2), candidate=state(1, NOW)),
            id="pinning a warm version makes it the candidate",
        ),
        pytest.param(
            Roles(champion=state(2), candidate=state(1)),
            spec(pinned=1),
            (1, 2),
            complete(1, 2),
            Roles(champion=state(1, NOW), warm=(state(2, NOW),)),
            id="a warm version that is pinned takes over at once",
        ),
        pytest.param(
            Roles(champion=state(1), warm=(state(2),)),
            spec(),
            (1, 2),
            complete(1, 2),
            Roles(champion=state(1), candidate=state(2, NOW)),
            id="unpinning goes forward again",
        ),
        pytest.param(
            ONE_SERVES,
            spec(pinned=9),
            (1, 2),
            complete(1),
            ONE_SERVES,
            id="a pinned number that is not registered changes nothing",
        ),
        pytest.param(
            Roles(), spec(pinned=9), (1,), (), Roles(), id="nothing serves instead of the pinned"
        ),
        pytest.param(
            TWO_SERVES,
            spec(window=101),
            (1, 2),
            complete(1, 2),
            TWO_SERVES,
            id="a version stays warm within its window",
        ),
        pytest.param(
            TWO_SERVES,
            spec(window=100),
            (1, 2),
            complete(1, 2),
            Roles(champion=state(2)),
            id="a version goes when its window has passed",
        ),
        pytest.param(
            Roles(champion=state(2), candidate=state(3), warm=(state(1),)),
            spec(window=100),
            (1, 2, 3),
            (*complete(1, 2), starting(3)),
            Roles(champion=state(2), candidate=state(3)),
            id="a warm version goes while another starts",
        ),
        pytest.param(
            Roles(
                champion=state(5),
                candidate=state(6),
                warm=(state(4), state(3), state(2), state(1)),
            ),
            spec(),
            (5, 6),
            complete(6),
            Roles(champion=state(6, NOW), warm=(state(5, NOW), state(4), state(3), state(2))),
            id="at most four stay warm",
        ),
    ],
)
def test_next_roles(
    before: Roles,
    wanted: ModelDeploymentSpec,
    registered: Sequence[int],
    workloads: Sequence[WorkloadState],
    after: Roles,
) -> None:
    assert next_roles(before, wanted, versions(*registered), (), workloads, NOW) == after


@pytest.mark.parametrize(
    ("roles", "seconds"),
    [
        pytest.param(ONE_SERVES, None, id="nothing is warm"),
        pytest.param(TWO_SERVES, 500.0, id="one is warm"),
        pytest.param(
            Roles(champion=state(3), warm=(state(2, NOW), state(1))), 500.0, id="the first to go"
        ),
    ],
)
def test_seconds_until_a_warm_version_may_go(roles: Roles, seconds: float | None) -> None:
    assert warm_seconds_left(roles, spec(), NOW) == seconds
