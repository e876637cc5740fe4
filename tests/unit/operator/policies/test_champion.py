"""Which version a run's candidate meets."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.builders import make_deployment
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.served import state, versions

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus, VersionState
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_operator.policies.champion import champion_reference


def deployment(name: str, champion: VersionState | None) -> Any:
    return observed(make_deployment(name, status=ModelDeploymentStatus(champion=champion)))


def reference(number: int, trained_through: str | None = None) -> ChampionReference:
    [version] = versions(number)
    return ChampionReference(
        name=f"flight-delay-v{number}",
        number=number,
        manifest_key=version.artifact.manifest_key,
        manifest_digest=version.artifact.manifest_digest,
        trained_through=trained_through,
    )


ONE, TWO, IDLE = deployment("a", state(1)), deployment("b", state(2)), deployment("c", None)


@pytest.mark.parametrize(
    ("deployments", "registered", "preferred", "expected"),
    [
        pytest.param([], (), None, None, id="nothing before there is a version"),
        pytest.param([], (1, 3, 2), None, reference(3), id="the newest version while none serves"),
        pytest.param([IDLE], (1,), "c", reference(1), id="the newest version before it serves"),
        pytest.param([ONE], (1, 2), "a", reference(1), id="the one that serves and no newer one"),
        pytest.param([ONE], (), "a", reference(1), id="the one that serves though it was deleted"),
        pytest.param([ONE, TWO], (1, 2), "a", reference(1), id="the one of its own pipeline"),
        pytest.param([ONE, TWO], (1, 2), None, reference(2), id="the newest of several that serve"),
        pytest.param(
            [ONE, IDLE], (1, 2), "c", reference(1), id="another's when its own serves nothing yet"
        ),
    ],
)
def test_candidate_meets(
    deployments: Sequence[Any],
    registered: Sequence[int],
    preferred: str | None,
    expected: ChampionReference | None,
) -> None:
    assert champion_reference(deployments, versions(*registered), preferred) == expected
