"""No limit removes a version that somebody serves, chose, may go back to or learns by."""

from typing import Any

import pytest
from tests.builders import (
    NOW,
    Object,
    make_alias,
    make_approval,
    make_deployment,
    make_pipeline,
    make_run,
    time_text,
)
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.histories import names, own_version, past, pruned, remembers
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference, TrainingRunStatus
from tidewheel_operator.policies.approvals import identity_of


def test_oldest_versions_of_own_runs_go_oldest_first() -> None:
    versions = [own_version(number) for number in (10, 9, 2, 1)]

    found = pruned(remembers(), past(*versions), versions=2)

    assert names(found.versions) == ["flight-delay-v1", "flight-delay-v2"]


def pinned(number: int) -> dict[str, Any]:
    return {"version": {"policy": "Pinned", "number": number}}


def serving(**roles: Any) -> Object:
    """Return somebody's deployment with these roles."""
    return make_deployment("theirs", ModelDeploymentStatus.model_validate(roles))


def open_run(**status: Any) -> Object:
    """Return somebody's run that has not ended."""
    return make_run("open", TrainingRunStatus.model_validate(status))


def approved(number: int, **spec: Any) -> Object:
    """Return an approval of a version of the pipeline's own."""
    judged = identity_of(observed(own_version(number)).spec)
    return make_approval(f"of-{number}", number, ModelApprovalStatus(version=judged), **spec)


CHAMPION = ChampionReference(
    name="flight-delay-v1", number=1, manifest_key="key", manifest_digest=state(1).manifest_digest
)


@pytest.mark.parametrize(
    "holders",
    [
        pytest.param([serving(champion=state(1))], id="serves"),
        pytest.param([serving(candidate=state(1))], id="starts"),
        pytest.param([serving(warm=(state(3), state(1)))], id="is kept warm"),
        pytest.param([make_deployment("theirs", **pinned(1))], id="is pinned by a deployment"),
        pytest.param(
            [make_pipeline("theirs", model_name="flight-delay", deployment=pinned(1))],
            id="is pinned by a pipeline",
        ),
        pytest.param(
            [
                make_pipeline(
                    "theirs",
                    ModelPipelineStatus(champion_number=1),
                    model_name="flight-delay",
                )
            ],
            id="is a pipeline's champion",
        ),
        pytest.param([make_alias("best", 1)], id="has an alias"),
        pytest.param([approved(1)], id="is the newest that is approved"),
        pytest.param([open_run(champion=CHAMPION)], id="is the champion of an open run"),
        pytest.param([open_run(version_number=1)], id="is being registered"),
        pytest.param(
            [
                make_deployment(
                    "theirs",
                    ModelDeploymentStatus(champion=state(1)),
                    {"deletionTimestamp": time_text(NOW)},
                )
            ],
            id="serves until its deployment is gone",
        ),
    ],
)
def test_version_stays_while_it(holders: list[Object]) -> None:
    versions = [own_version(number) for number in (1, 2, 3)]

    found = pruned(remembers(), past(*versions, *holders))

    assert names(found.versions) == ["flight-delay-v2"]


def test_of_several_approved_versions_the_newest_stays() -> None:
    versions = [own_version(number) for number in (1, 2, 3)]

    found = pruned(remembers(), past(*versions, approved(1), approved(2)))

    assert names(found.versions) == ["flight-delay-v1"]


def test_revoked_approval_keeps_no_version() -> None:
    versions = [own_version(number) for number in (1, 2, 3)]
    revoked = approved(2, revocation={"reason": "leak", "revoker": "joe"})

    found = pruned(remembers(), past(*versions, approved(1), revoked))

    assert names(found.versions) == ["flight-delay-v2"]


def period(uid: str, until: int | None) -> Object:
    """Return a time in which a version served: it goes on, or ended at an hour."""
    ended = {} if until is None else {"untilTime": f"2026-11-20T{until:02}:00:00Z"}
    began = "2026-11-19T00:00:00Z"
    return {"deploymentName": "theirs", "deploymentUid": uid, "fromTime": began, **ended}


def served(number: int, *hours: int | None, uid: str = "uid-modeldeployment-theirs") -> Object:
    """Return a version that served until these hours; None while it does."""
    periods = [period(uid, hour) for hour in hours]
    status = {
        "serving": [one for one in periods if "untilTime" not in one],
        "served": [one for one in periods if "untilTime" in one],
    }
    return {**own_version(number), "status": status}


@pytest.mark.parametrize(
    ("versions", "gone"),
    [
        pytest.param((served(1, 8), served(2, 7), own_version(3)), [2], id="the last before"),
        pytest.param(
            (served(1, 7, 9), served(2, 8), own_version(3)), [2], id="the last of several turns"
        ),
        pytest.param(
            (served(1, 8, uid="gone"), served(2, 7), own_version(3)),
            [1],
            id="of this deployment alone",
        ),
        pytest.param(
            (served(1, 7), served(2, 8), served(3, 9), own_version(4)),
            [1],
            id="another than the champion",
        ),
        pytest.param(
            (served(1, None), served(2, 8), own_version(3)),
            [2],
            id="one that does not know yet that it was replaced",
        ),
    ],
)
def test_version_to_go_back_to_stays_when_it_is_warm_no_more(
    versions: tuple[Object, ...], gone: list[int]
) -> None:
    found = pruned(remembers(), past(*versions, serving(champion=state(3))))

    assert names(found.versions) == [f"flight-delay-v{number}" for number in gone]


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(own_version(1, run={"name": "x", "uid": "x"}), id="a person's run made it"),
        pytest.param(
            own_version(1, run={"name": "x", "uid": "x", "pipeline_uid": "another"}),
            id="a run of a namesake of the pipeline made it",
        ),
        pytest.param(own_version(1, model="other"), id="it is of another model"),
        pytest.param(
            own_version(1, metadata={"deletionTimestamp": time_text(NOW)}), id="it goes already"
        ),
    ],
)
def test_version_stays_because(kept: Object) -> None:
    found = pruned(remembers(), past(kept, own_version(2), own_version(3)))

    assert names(found.versions) == ["flight-delay-v2"]


def test_no_version_goes_while_a_holder_cannot_be_read() -> None:
    versions = [own_version(number) for number in (1, 2, 3)]

    found = pruned(remembers(), past(*versions, is_complete=False))

    assert found.versions == ()
