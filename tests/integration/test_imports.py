"""Runs that import a model, on a real API server; what their Jobs report is what the tests say."""

import json

import pytest
from tests.builders import (
    IMPORTED,
    Object,
    make_artifact,
    make_result,
    make_run,
    make_version,
)
from tests.integration.lab import Lab, conditions
from tests.integration.loops import answered
from tests.integration.operator_process import OperatorProcess
from tests.integration.test_suspension import with_snapshot

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.job import (
    Failure,
    FailureReason,
    ImportRequest,
    TrainResult,
    parse_training_request,
)

DECLARED = ImportedModel.model_validate(IMPORTED)
REFUSED = Failure(
    reason=FailureReason.IMPORT_REFUSED,
    message="the imported model 'theirs.skops' is not in the bucket; put it there",
)


@pytest.fixture
def importing(lab: Lab, operator: OperatorProcess) -> Lab:
    """Return a lab whose run has a Job that judges an imported file."""
    assert operator.child is not None
    with_snapshot(lab)
    lab.create(make_run("theirs", imported=IMPORTED))
    lab.wait_job("theirs")
    return lab


def request_of(job: Object) -> ImportRequest:
    """Return what an import's Job is asked."""
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    request = parse_training_request(annotations[labels.REQUEST])
    assert isinstance(request, ImportRequest)
    return request


def judged(lab: Lab) -> Object:
    """Let the import's Job pass the file; return the Job that asks the serving image."""
    job = lab.wait_job("theirs")
    artifact = make_artifact(request_of(job).run_uid)
    lab.end_job(job, TrainResult(result=make_result(artifact=artifact)))
    lab.wait_ready("trainingrun", "theirs", "Verifying")
    return lab.wait_job("theirs")


def versions(lab: Lab) -> list[tuple[str, Object]]:
    """Return the versions' names, each with what it says of its import."""
    return [
        (item["metadata"]["name"], item["spec"].get("imported"))
        for item in lab.list("modelversions")
    ]


def test_import_that_passes_becomes_a_version_that_says_what_was_imported_and_for_whom(
    importing: Lab,
) -> None:
    job = importing.wait_job("theirs")
    request = request_of(job)
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["import"]
    run_uid = importing.the("trainingrun", "theirs")["metadata"]["uid"]
    assert (request.imported, request.run_uid, request.dataset_name) == (
        DECLARED,
        run_uid,
        "flights",
    )

    importing.end_job(judged(importing), answered())

    importing.wait_ready("trainingrun", "theirs", "Registered")
    assert versions(importing) == [("flight-delay-v1", DECLARED.to_wire())]
    spec = importing.the("modelversion", "flight-delay-v1")["spec"]
    assert spec["run"] == {"name": "theirs", "uid": run_uid}


def test_import_that_is_refused_fails_at_once_and_takes_no_number(importing: Lab) -> None:
    importing.end_job(importing.wait_job("theirs"), REFUSED)

    run = importing.wait_ready("trainingrun", "theirs", "ImportRefused")

    failed = conditions(run)["Failed"]
    assert (failed["status"], failed["reason"], failed["message"]) == (
        "True",
        "ImportRefused",
        REFUSED.message,
    )
    assert versions(importing) == []
    assert "versionNumber" not in run["status"]
    assert len([job for job in importing.list("jobs") if "theirs" in job["metadata"]["name"]]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("digest", "sha256:" + "0" * 64),
        ("requester", "joe"),
        ("trainedThrough", "2026-02-28T23:59:59Z"),
    ],
)
def test_declaration_of_an_import_cannot_be_changed(importing: Lab, field: str, value: str) -> None:
    change = json.dumps({"spec": {"imported": {field: value}}})

    done = importing.kubectl(
        *("-n", importing.namespace, "patch", "trainingrun", "theirs"),
        *("--type=merge", "-p", change),
    )

    assert "`spec` must not change after creation, but for `suspend`" in done.stderr
    assert importing.the("trainingrun", "theirs")["spec"]["imported"] == DECLARED.to_wire()


def test_run_that_is_deleted_while_its_file_is_judged_registers_nothing(
    importing: Lab, operator: OperatorProcess
) -> None:
    job = judged(importing)
    operator.kill()
    importing.run("delete", "trainingrun", "theirs")
    importing.end_job(job, answered())

    operator.start_ready()
    importing.create(make_run("again", imported=IMPORTED))
    importing.wait_job("again")

    assert versions(importing) == []
    assert "Traceback" not in operator.log()


def test_result_that_came_while_the_operator_was_away_is_registered_once(
    importing: Lab, operator: OperatorProcess
) -> None:
    job = judged(importing)
    operator.kill()
    importing.end_job(job, answered())

    operator.start_ready()

    run = importing.wait_ready("trainingrun", "theirs", "Registered")
    assert (run["status"]["versionNumber"], run["status"]["attempt"]) == (1, 1)
    assert versions(importing) == [("flight-delay-v1", DECLARED.to_wire())]


def test_version_that_a_forerunner_made_before_it_died_is_the_runs_own(
    importing: Lab, operator: OperatorProcess
) -> None:
    job = judged(importing)
    operator.kill()
    uid = importing.the("trainingrun", "theirs")["metadata"]["uid"]
    importing.create(make_version(3, run_uid=uid, imported=IMPORTED))
    importing.end_job(job, answered())

    operator.start_ready()

    run = importing.wait_ready("trainingrun", "theirs", "Registered")
    assert (run["status"]["versionNumber"], run["status"]["versionName"]) == (3, "flight-delay-v3")
    assert versions(importing) == [("flight-delay-v3", DECLARED.to_wire())]
