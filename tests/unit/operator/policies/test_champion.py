"""Which version a run's candidate meets."""

import pytest
from tests.builders import make_deployment
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.served import state, versions

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.training_run import ChampionReference
from tidewheel_operator.policies.champion import Deployment, champion_reference


def deployment(name: str, champion: int | None) -> Deployment:
    status = ModelDeploymentStatus(champion=state(champion) if champion else None)
    found: Deployment = observed(make_deployment(name, status))
    return found


def reference(number: int) -> ChampionReference:
    serving = state(number)
    return ChampionReference(
        name=serving.name,
        number=number,
        manifest_key=serving.manifest_key,
        manifest_digest=serving.manifest_digest,
    )


@pytest.mark.parametrize(
    ("deployments", "registered", "wanted"),
    [
        pytest.param((), (), None, id="a first run meets nothing"),
        pytest.param((), (1, 2), reference(2), id="the newest version counts while none serves"),
        pytest.param(
            (deployment("own", 1),), (1, 2), reference(1), id="who serves counts, not the newest"
        ),
        pytest.param(
            (deployment("own", 1),), (2,), reference(1), id="who serves counts without its object"
        ),
        pytest.param(
            (deployment("loop", 1), deployment("own", 2)),
            (1, 2),
            reference(1),
            id="the pipeline's own deployment counts before others",
        ),
        pytest.param(
            (deployment("loop", None), deployment("own", 2)),
            (1, 2, 3),
            reference(2),
            id="another deployment counts while the pipeline's serves nothing",
        ),
    ],
)
def test_champion(
    deployments: tuple[Deployment, ...],
    registered: tuple[int, ...],
    wanted: ChampionReference | None,
) -> None:
    assert champion_reference(deployments, versions(*registered), "loop") == wanted
