"""Ended runs and old versions go beyond the limits, and nothing that anybody still needs."""

from collections.abc import Sequence
from datetime import timedelta
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
    make_version,
    time_text,
)
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.loops import last_run, learned, view
from tests.unit.operator.policies.served import state

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import HandledCause, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.training_run import (
    Cause,
    ChampionReference,
    TrainingRunStatus,
)
from tidewheel_operator.policies.approvals import identity_of
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.pipeline_history import Pruning, may_exceed, pruning
from tidewheel_operator.policies.versions_in_use import Past

PIPELINE_UID = "uid-modelpipeline-flight-delay"
OURS = {"controller": True, "uid": PIPELINE_UID, "kind": "ModelPipeline", "name": "flight-delay"}


def ended(
    number: int,
    *,
    failed: bool = False,
    owner: str = PIPELINE_UID,
    metadata: dict[str, Any] | None = None,
    **status: Any,
) -> Object:
    """Return run `number` of the pipeline; a higher number ended later."""
    kind = "Failed" if failed else "Complete"
    said = Condition(
        type=kind,
        status=ConditionStatus.TRUE,
        observed_generation=1,
        last_transition_time=time_text(NOW),
        reason="Any",
        message="",
    )
    moment = time_text(NOW - timedelta(days=100) + timedelta(hours=number))
    values = {
        "attempt": 1,
        "conditions": (said,),
        "start_time": moment,
        "completion_time": moment,
        **status,
    }
    owned = {"ownerReferences": [{**OURS, "uid": owner}]} if owner else {}
    return make_run(
        f"run-{number:03}",
        TrainingRunStatus.model_validate(values),
        cause=Cause.NEW_DATA,
        fingerprint=f"fingerprint {number}",
        pipeline_name="flight-delay",
        metadata={**owned, **(metadata or {})},
    )


def handled(number: int, **changes: Any) -> HandledCause:
    """Return the memory of run `number`."""
    values = {
        "cause": Cause.NEW_DATA,
        "fingerprint": f"fingerprint {number}",
        "run_name": f"run-{number:03}",
        "time": time_text(NOW - timedelta(days=100) + timedelta(hours=number)),
        **changes,
    }
    return HandledCause.model_validate(values)


def remembers(*numbers: int, last: int = 0, **changes: Any) -> ModelPipelineStatus:
    """Return the status of a pipeline that has admitted these runs."""
    return learned(
        last_run=last_run(name=f"run-{last or max(numbers, default=0):03}"),
        handled_causes=tuple(handled(number) for number in numbers),
        **changes,
    )


def own_version(number: int, **changes: Any) -> Object:
    """Return a version that a run of the pipeline's own made."""
    run = {"name": f"run-{number:03}", "uid": f"uid-{number}", "pipeline_uid": PIPELINE_UID}
    return make_version(number, **{"run": run, **changes})


def past(*items: Object, is_complete: bool = True) -> Past:
    """Return a past of these objects."""

    def of(kind: str) -> tuple[Any, ...]:
        return tuple(observed(item) for item in items if item["kind"] == kind)

    return Past(
        of("TrainingRun"),
        of("ModelVersion"),
        of("ModelDeployment"),
        of("ModelPipeline"),
        of("ModelApproval"),
        of("ModelAlias"),
        is_complete,
    )


def pruned(status: ModelPipelineStatus, found: Past, **history: int) -> Pruning:
    """Return what goes of a past."""
    limits = {"completed_runs": 1, "failed_runs": 1, "versions": 1, **history}
    return pruning(observed(make_pipeline(status=status, history=limits)), found)


def names(items: Sequence[Any]) -> list[str]:
    return [item.metadata.name for item in items]


def test_oldest_runs_beyond_each_limit_go_oldest_first() -> None:
    runs = [ended(number, failed=number % 2 == 0) for number in range(1, 9)]

    found = pruned(remembers(*range(1, 9)), past(*reversed(runs)), completed_runs=2)

    assert names(found.runs) == ["run-001", "run-002", "run-003", "run-004", "run-006"]


def test_nothing_goes_within_the_limits() -> None:
    runs = [ended(number, failed=number % 2 == 0) for number in range(1, 9)]
    status = remembers(*range(1, 9))

    found = pruned(status, past(*runs), completed_runs=4, failed_runs=4)

    assert found == Pruning(status)


@pytest.mark.parametrize(
    ("kept", "status"),
    [
        pytest.param(ended(1), remembers(1, 2, last=1), id="the last run"),
        pytest.param(ended(1), remembers(1, 2, active_run_name="run-001"), id="the active run"),
        pytest.param(ended(1), remembers(2), id="one that the pipeline does not remember"),
        pytest.param(ended(1, owner=""), remembers(1, 2), id="a person's run"),
        pytest.param(ended(1, owner="another"), remembers(1, 2), id="another pipeline's run"),
        pytest.param(
            ended(1, completion_time=None, version_number=1),
            remembers(1, 2),
            id="one that registers its version",
        ),
        pytest.param(
            ended(1, metadata={"deletionTimestamp": time_text(NOW)}),
            remembers(1, 2),
            id="one that goes already",
        ),
    ],
)
def test_run_stays(kept: Object, status: ModelPipelineStatus) -> None:
    found = pruned(status, past(kept, ended(2)), completed_runs=0)

    assert "run-001" not in names(found.runs)


def test_same_run_goes_when_none_of_that_holds() -> None:
    found = pruned(remembers(1, 2), past(ended(1), ended(2)), completed_runs=0)

    assert names(found.runs) == ["run-001"]


def test_run_older_than_the_full_memory_goes() -> None:
    status = remembers(*range(2, 102))

    found = pruned(status, past(ended(1), ended(101)))

    assert (names(found.runs), found.status) == (["run-001"], status)


def test_run_that_never_began_is_remembered_when_it_goes() -> None:
    runs = [ended(1, attempt=0, start_time=None), ended(2)]
    status = remembers(2)

    found = pruned(status, past(*runs))

    assert names(found.runs) == ["run-001"]
    memory = (handled(2), handled(1, began=False))
    assert found.status == status.model_copy(update={"handled_causes": memory})


def test_causes_that_opened_nothing_make_room_first() -> None:
    known = [handled(number, began=number != 50) for number in range(2, 102)]
    status = remembers(101).model_copy(update={"handled_causes": tuple(known)})
    runs = [ended(1, attempt=0, start_time=None), ended(101)]

    found = pruned(status, past(*runs))

    assert found.status.handled_causes == (
        *(item for item in known if item.began),
        handled(1, began=False),
    )


def test_one_step_takes_at_most_twenty() -> None:
    runs = [ended(number) for number in range(1, 51)]

    found = pruned(remembers(*range(1, 51)), past(*runs, *map(own_version, range(1, 9))))

    assert names(found.runs) == [f"run-{number:03}" for number in range(1, 21)]
    assert found.versions == ()


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


def test_events_name_all_that_went() -> None:
    found = pruned(remembers(1, 2, 3), past(*map(ended, (1, 2, 3)), *map(own_version, (1, 2))))

    assert found.events == (
        Event(
            "Normal",
            "HistoryPruned",
            "TrainingRuns beyond `spec.history` were deleted, their outcomes are in the "
            "pipeline's status: run-001, run-002",
        ),
        Event(
            "Normal",
            "HistoryPruned",
            "ModelVersions beyond `spec.history` were deleted, their artifacts stay in the store: "
            "flight-delay-v1",
        ),
    )


@pytest.mark.parametrize(
    ("runs", "versions", "expected"),
    [
        ([ended(1)], [], False),
        ([ended(1), ended(2, owner="")], [], False),
        ([ended(1), ended(2)], [], True),
        ([ended(1), *(ended(number, failed=True) for number in (2, 3))], [], False),
        ([ended(number, failed=True) for number in (1, 2, 3)], [], True),
        ([], [own_version(1)], False),
        ([], [own_version(1), make_version(2)], False),
        ([], [own_version(1), own_version(2)], True),
    ],
)
def test_past_is_looked_at_when_there_is_more_than_a_limit(
    runs: list[Object], versions: list[Object], expected: bool
) -> None:
    limits = {"completed_runs": 1, "failed_runs": 2, "versions": 1}

    assert may_exceed(view(runs=runs, versions=versions, history=limits)) is expected
