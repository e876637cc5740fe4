"""Objects as models: what is read, what is refused field by field, what counts as empty."""

import dataclasses
from datetime import timedelta

import pytest
from tests.builders import CREATED, NOW, Object, make_dataset, make_run, make_store, make_version
from tests.unit.operator.observations import conditions, observed

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause, Trigger
from tidewheel_operator.policies import artifact_store, model_version
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import (
    Metadata,
    Observed,
    Unreadable,
    from_time,
    parse,
    parse_status,
    to_time,
)
from tidewheel_operator.policies.run_cause import trigger_of
from tidewheel_operator.policies.serving_periods import Deployments
from tidewheel_operator.policies.settled import block, refuse

FLIGHTS = Metadata(
    name="flights",
    namespace="ml",
    uid="uid-dataset-flights",
    creation_time=to_time(CREATED),
)


def test_object_is_read_as_its_models() -> None:
    item = make_dataset(status=DatasetStatus(collections=3))

    assert parse(item, DatasetSpec, DatasetStatus) == Observed(
        FLIGHTS,
        DatasetSpec.model_validate(item["spec"]),
        DatasetStatus(collections=3),
    )


def test_metadata_of_a_child_that_is_being_deleted() -> None:
    item = make_run(
        metadata={
            "labels": {"team": "a"},
            "annotations": {"note": "b"},
            "generation": 7,
            "deletionTimestamp": to_time(NOW),
            "ownerReferences": [{"uid": "not it"}, {"uid": "owner", "controller": True}],
        }
    )

    assert Metadata.of(item) == Metadata(
        name="by-hand",
        namespace="ml",
        uid="uid-trainingrun-by-hand",
        generation=7,
        creation_time=to_time(CREATED),
        labels={"team": "a"},
        annotations={"note": "b"},
        is_being_deleted=True,
        owner_uid="owner",
    )


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        pytest.param(
            {"source": {}, "target": {}},
            "spec.target.column: Field required",
            id="a field is missing",
        ),
        pytest.param(
            {"target": {"column": "late"}, "refresh": {"everySeconds": 1}},
            "spec.source: Field required; "
            "spec.refresh.everySeconds: Input should be greater than or equal to 10",
            id="two fields are wrong",
        ),
        pytest.param(
            None,
            "spec.source: Field required; spec.target: Field required",
            id="there is no spec",
        ),
    ],
)
def test_unreadable_object_is_explained_field_by_field(spec: Object | None, problems: str) -> None:
    item = {**make_dataset(), "spec": spec}

    assert parse(item, DatasetSpec, DatasetStatus) == Unreadable(FLIGHTS, problems)


def test_fields_of_a_newer_schema_are_survived() -> None:
    item = make_dataset()
    item["spec"] = {**item["spec"], "fieldOfTheFuture": 1}

    assert isinstance(parse(item, DatasetSpec, DatasetStatus), Observed)


def test_unreadable_status_counts_as_empty() -> None:
    item = {**make_dataset(), "status": {"collections": "many"}}

    found = parse(item, DatasetSpec, DatasetStatus)

    assert isinstance(found, Observed)
    assert found.status == DatasetStatus()


def test_unreadable_object_is_refused_in_its_status() -> None:
    decision = refuse(Unreadable(FLIGHTS, "spec.target: Field required"), DatasetStatus(), NOW)

    assert decision == Decision(
        status=DatasetStatus(
            observed_generation=1,
            conditions=conditions("Invalid", "spec.target: Field required", "Stalled"),
        )
    )


def test_blocked_object_says_so_and_is_tried_again() -> None:
    before = DatasetStatus(collections=3)

    assert block(FLIGHTS, before, "NameConflict", "words", NOW) == Decision(
        status=before.model_copy(
            update={
                "observed_generation": 1,
                "conditions": conditions("NameConflict", "words", "Stalled"),
            }
        ),
        requeue_seconds=60.0,
    )


def test_store_is_accepted_as_it_is() -> None:
    item: Observed[ArtifactStoreSpec, Status] = observed(make_store())

    message = "Jobs and servers use bucket 'data' at http://s3.test:8333"
    assert artifact_store.decide(item, NOW) == Decision(
        status=Status(
            observed_generation=1, conditions=conditions("Accepted", message, ready="True")
        )
    )


def test_settled_object_stays_as_it_is() -> None:
    first = model_version.decide(observed(make_version()), (), Deployments(), NOW)
    item = dataclasses.replace(observed(make_version()), status=first.status)

    assert model_version.decide(item, (), Deployments(), NOW + timedelta(hours=1)) == first


@pytest.mark.parametrize(
    ("own_labels", "annotations", "trigger"),
    [
        pytest.param({}, {}, Trigger(cause=Cause.DEMAND), id="none: a person applied it"),
        pytest.param(
            {labels.CAUSE: "Moon"}, {}, Trigger(cause=Cause.DEMAND), id="one that nobody knows"
        ),
        pytest.param(
            {labels.CAUSE: "Alert"},
            {labels.FINGERPRINT: "x"},
            Trigger(cause=Cause.ALERT, fingerprint="x"),
            id="a cause with its fingerprint",
        ),
        pytest.param(
            {labels.CAUSE: "Alert"}, {}, Trigger(cause=Cause.ALERT), id="a cause without one"
        ),
        pytest.param(
            {labels.CAUSE: "Alert"},
            {labels.FINGERPRINT: "x" * 500},
            Trigger(cause=Cause.ALERT, fingerprint="x" * 128),
            id="a cause with too long a fingerprint",
        ),
    ],
)
def test_cause_that_a_run_carries(
    own_labels: dict[str, str], annotations: dict[str, str], trigger: Trigger
) -> None:
    metadata = dataclasses.replace(FLIGHTS, labels=own_labels, annotations=annotations)

    assert trigger_of(metadata) == trigger


def test_times_are_whole_seconds_in_utc() -> None:
    moment = NOW + timedelta(milliseconds=700)

    assert to_time(moment) == "2026-11-21T12:00:00Z"
    assert from_time(to_time(moment)) == NOW


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("soon", id="no time"),
        pytest.param("", id="empty"),
        pytest.param("2026-11-21T12:00:00", id="without a zone"),
    ],
)
def test_status_with_a_time_that_nobody_can_reckon_with_counts_as_empty(time: str) -> None:
    item = {"status": {"collections": 3, "lastAttemptTime": time}}

    assert parse_status(item, DatasetStatus) == DatasetStatus()


def test_time_in_another_zone_is_a_time() -> None:
    item = {"status": {"lastAttemptTime": "2026-11-21T13:00:00+01:00"}}

    assert parse_status(item, DatasetStatus).last_attempt_time == "2026-11-21T13:00:00+01:00"
