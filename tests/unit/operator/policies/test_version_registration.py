"""The number goes into status first, then the version is created; never a number twice."""

from typing import Any

import pytest
from tests.builders import (
    CREATED,
    IMPORTED,
    NOW,
    digest,
    make_artifact,
    make_dataset,
    make_result,
    make_run,
    make_snapshot,
    make_store,
    make_version,
    snapshot_reference,
    time_text,
)
from tests.unit.operator.observations import SERVER, TRAINER, as_sent, conditions, observed

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_card import ModelCard
from tidewheel_contracts.api.v1alpha1.model_deployment import ServerResources
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_result import Images, RunResult, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause, Stage, TrainingRunStatus, Trigger
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide
from tidewheel_operator.policies.training_run_view import TrainingRunView

TRIGGER = Trigger(cause=Cause.NEW_DATA, fingerprint="fingerprint")
ANSWERED = {"name": "LoadAndQuery", "result": "Passed", "message": "200 test rows answered"}
IMAGES = Images(trainer="registry.test/trainer@sha256:1")


def registering(number: int | None = None, result: RunResult | None = None) -> TrainingRunStatus:
    """Return the status of a run with a passing result."""
    return TrainingRunStatus(
        observed_generation=1,
        stage=Stage.REGISTERING,
        trigger=TRIGGER,
        attempt=1,
        snapshot=snapshot_reference(make_snapshot()),
        start_time=time_text(CREATED),
        result=result or make_result(gate=(ANSWERED,)),
        images=IMAGES,
        version_number=number,
    )


def view(status: TrainingRunStatus, **changes: Any) -> TrainingRunView:
    """Return a run that is about to register; nothing around it matters any more."""
    values: dict[str, Any] = {
        "run": observed(make_run("loop-1", status, cause=Cause.NEW_DATA)),
        "trigger": TRIGGER,
        "is_admitted": False,
        "is_superfluous": False,
        "store": None,
        "dataset": None,
        "champion": None,
        "jobs": (),
        "pods": {},
        "image": TRAINER,
        "server_image": SERVER,
        "server_resources": ServerResources(),
        **changes,
    }
    return TrainingRunView(**values)


@pytest.mark.parametrize(
    ("status", "changes", "number"),
    [
        pytest.param(registering(), {}, 1, id="the first number is 1"),
        pytest.param(registering(), {"highest_number": 7}, 8, id="one more than the highest ever"),
        pytest.param(
            registering(8),
            {"highest_number": 8, "is_number_taken": True},
            9,
            id="the next one when somebody else has ours",
        ),
        pytest.param(
            registering(3),
            {"highest_number": 11, "is_number_taken": True},
            12,
            id="beyond all that were given meanwhile",
        ),
    ],
)
def test_number_goes_into_status_alone(
    status: TrainingRunStatus, changes: dict[str, Any], number: int
) -> None:
    message = f"number {number} is taken for the version"

    assert decide(view(status, **changes), NOW) == Decision(
        status=status.model_copy(
            update={
                "version_number": number,
                "conditions": conditions("Registering", message, "Reconciling"),
            }
        )
    )


def test_version_is_created_with_the_number_in_status() -> None:
    decision = decide(view(registering(4), highest_number=4, pipeline_uid="ours"), NOW)

    result = make_result()
    wanted = make_version(
        4,
        artifact=make_artifact(),
        run={"name": "loop-1", "uid": "uid-trainingrun-loop-1", "pipeline_uid": "ours"},
        cause=Cause.NEW_DATA,
        snapshot_digest=digest("snapshot one"),
        trained_through=result.trained_through,
        images=IMAGES,
        metadata={
            "labels": {
                labels.MANAGED_BY: labels.MANAGER,
                labels.MODEL: "flight-delay",
                labels.RUN: "loop-1",
                labels.CAUSE: "NewData",
            }
        },
    )
    assert decision == Decision(
        status=registering(4).model_copy(
            update={
                "conditions": conditions(
                    "Registering",
                    "ModelVersion 'flight-delay-v4' is being created",
                    "Reconciling",
                )
            }
        ),
        create=(as_sent(wanted),),
    )


def test_version_tells_which_file_it_was_imported_from_and_who_asked_for_it() -> None:
    run = observed(make_run("theirs", registering(4), imported=IMPORTED))

    decision = decide(view(registering(4), run=run, highest_number=4), NOW)

    assert [item["spec"]["imported"] for item in decision.create] == [
        {
            "file": "theirs.skops",
            "digest": digest("theirs"),
            "trainedThrough": "2026-01-31T23:59:59Z",
            "requester": "jane",
        }
    ]


def test_version_shows_the_card_of_its_run() -> None:
    card = ModelCard(purpose="to warn passengers", licence="Apache-2.0")
    run = observed(make_run("loop-1", registering(4), cause=Cause.NEW_DATA, card=card.to_wire()))

    decision = decide(view(registering(4), run=run, highest_number=4), NOW)

    assert [item["spec"]["card"] for item in decision.create] == [card.to_wire()]


def test_version_knows_what_predicts_it() -> None:
    engine = ServingEngine(kind="Sklearn", message="Native knows no such step")
    status = registering(4, make_result(engine=engine))

    decision = decide(view(status, highest_number=4), NOW)

    assert [item["spec"]["engine"] for item in decision.create] == [engine.to_wire()]


def own_version(number: int) -> ModelVersionSpec:
    spec: ModelVersionSpec = observed(make_version(number)).spec
    return spec


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        pytest.param(registering(4), "Passed", id="as its status says"),
        pytest.param(registering(5), "Passed", id="though its status took another number"),
        pytest.param(registering(None), "Passed", id="though its status lost the number"),
        pytest.param(
            registering(4, make_result(Verdict.UNTESTED)), "Untested", id="that was not tested"
        ),
    ],
)
def test_run_ends_with_its_own_version(status: TrainingRunStatus, verdict: str) -> None:
    decision = decide(view(status, own_version=own_version(4), highest_number=9), NOW)

    message = f"ModelVersion 'flight-delay-v4' ({verdict}): roc_auc 0.7300"
    assert decision == Decision(
        status=status.model_copy(
            update={
                "version_number": 4,
                "version_name": "flight-delay-v4",
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
                "conditions": conditions("Registered", message, "Complete", ready="True"),
            }
        )
    )


def test_running_out_of_store_and_dataset_does_not_stop_a_registration() -> None:
    store, dataset = observed(make_store()).spec, observed(make_dataset())
    status = registering(2)

    assert decide(view(status), NOW) == decide(view(status, store=store, dataset=dataset), NOW)


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        pytest.param({"result": make_result(artifact=None)}, "artifact", id="an artifact"),
        pytest.param({"snapshot": None}, "snapshot", id="the snapshot that was learned"),
    ],
)
def test_passing_result_fails_the_run_when_it_lacks(changes: Any, lacking: str) -> None:
    status = registering(1).model_copy(update=changes)

    decision = decide(view(status), NOW)

    message = f"the gate passed, but the Job names no {lacking}; apply another TrainingRun"
    assert decision.create == ()
    assert decision.status == status.model_copy(
        update={
            "stage": Stage.FINISHED,
            "completion_time": time_text(NOW),
            "conditions": conditions("ResultIncomplete", message, "Stalled", "Failed"),
        }
    )
