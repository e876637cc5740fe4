"""What is read out of the bodies that stores and brokers post."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tidewheel_operator.policies.data_events import DataEvent, NamedDataset, ObjectChange
from tidewheel_operator.web.answers import problems
from tidewheel_operator.web.data_payload import PayloadError, data_events

CREATED = ObjectChange("data", "raw/flights/2024.parquet")
FORMS = (
    "the body must be an S3 notification with `Records`, a SeaweedFS notification with `key` and "
    "`event_type`, or a CloudEvent"
)
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/etl/flights", "type": "loaded"}


def aws(name: str = "ObjectCreated:Put", key: str = "raw/flights/2024.parquet") -> dict[str, Any]:
    """Return a record as AWS documents it, of structure version 2.1."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-west-2",
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "testConfigRule",
            "bucket": {"name": "data", "arn": "arn:aws:s3:::data"},
            "object": {"key": key, "size": 1024, "eTag": "d41d8", "sequencer": "0055AED6DCD9028"},
        },
    }


def minio(name: str = "s3:ObjectCreated:Put") -> dict[str, Any]:
    """Return what MinIO's webhook target posts."""
    record = {**aws(name), "eventVersion": "2.0", "eventSource": "minio:s3"}
    return {"EventName": name, "Key": "data/raw/flights/2024.parquet", "Records": [record]}


def seaweedfs(path: str, event: str = "create", **message: Any) -> dict[str, Any]:
    """Return what SeaweedFS' filer posts to a webhook."""
    return {"key": path, "event_type": event, "message": message}


@pytest.mark.parametrize(
    ("body", "events"),
    [
        pytest.param({"Records": [aws()]}, (CREATED,), id="AWS"),
        pytest.param(minio(), (CREATED,), id="MinIO"),
        pytest.param({"Records": [aws()] * 1000}, (CREATED,), id="a thousand of one object"),
        pytest.param(
            {"Records": [aws(key="raw/a+b%2Bc%C3%A9.csv")]},
            (ObjectChange("data", "raw/a b+cé.csv"),),
            id="a key with blanks and plus signs",
        ),
        pytest.param({"Records": [aws("ObjectRemoved:Delete")]}, (CREATED,), id="a removal"),
        pytest.param(minio("s3:ObjectAccessed:Get"), (), id="a read, such as our own"),
        pytest.param({"Records": []}, (), id="nothing"),
        pytest.param(
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"},
            (),
            id="AWS trying the way",
        ),
        pytest.param(
            seaweedfs("/buckets/data/raw/flights/2024.parquet"), (CREATED,), id="SeaweedFS"
        ),
        pytest.param(
            seaweedfs(
                "/buckets/data/tmp/x",
                "rename",
                new_parent_path="/buckets/data/raw/flights",
                new_entry={"name": "2024.parquet", "is_directory": False},
            ),
            (ObjectChange("data", "tmp/x"), CREATED),
            id="SeaweedFS renaming",
        ),
        pytest.param(seaweedfs("/etc/iam/identity.json"), (), id="SeaweedFS outside of buckets"),
        pytest.param(seaweedfs("/buckets/data"), (), id="a bucket itself"),
        pytest.param(
            {**ATTRIBUTES, "dataset": "trips"}, (NamedDataset(("trips",)),), id="an extension"
        ),
        pytest.param(
            {**ATTRIBUTES, "subject": "trips"},
            (NamedDataset(("trips", "flights")),),
            id="subject and source",
        ),
        pytest.param(
            {**ATTRIBUTES, "data": {"Records": [aws()]}}, (CREATED,), id="an S3 event inside"
        ),
    ],
)
def test_body_tells_of(body: dict[str, Any], events: tuple[DataEvent, ...]) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert data_events(headers, json.dumps(body).encode()) == events


def test_batch_of_cloud_events_is_read() -> None:
    body = [{**ATTRIBUTES, "dataset": name} for name in ("a", "b", "a")]

    events = data_events(
        {"Content-Type": "application/cloudevents-batch+json"}, json.dumps(body).encode()
    )

    assert events == (NamedDataset(("a",)), NamedDataset(("b",)))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("application/json", b'{"rows": 3}', id="JSON"),
        pytest.param("text/csv", b"1,2\n\xff", id="what is no JSON"),
        pytest.param("application/json", b"", id="nothing"),
    ],
)
def test_attributes_of_a_cloud_event_may_be_headers_of(content_type: str, body: bytes) -> None:
    headers = {
        "Content-Type": content_type,
        "Ce-Specversion": "1.0",
        "CE-Id": "1",
        "ce-source": "https://etl.test/jobs/nightly",
        "ce-type": "loaded",
        "ce-subject": "fl%69ghts",
    }

    assert data_events(headers, body) == (NamedDataset(("flights", "nightly")),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "the body must be JSON: Expecting value: line 1 column 1 (char 0)"),
        pytest.param(b"[]", FORMS),
        pytest.param(b'"text"', FORMS),
        pytest.param(b'{"alerts": []}', FORMS),
        pytest.param(b"[" * 100_000, "the body is nested too deeply"),
    ],
)
def test_body_of_no_known_form_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(PayloadError) as caught:
        data_events({}, body)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            {"Records": [{"eventName": "ObjectCreated:Put"}]},
            "Records.0.s3: Field required",
            id="a record without a place",
        ),
        pytest.param(
            {"Records": [aws(key="")]},
            "Records.0.s3.object.key: String should have at least 1 character",
            id="an empty key",
        ),
        pytest.param(
            {"Records": "x"}, "Records: Input should be a valid tuple", id="records that are none"
        ),
        pytest.param(
            {**ATTRIBUTES, "specversion": "0.3"},
            "specversion: Input should be '1.0'",
            id="an old CloudEvent",
        ),
        pytest.param(
            seaweedfs("/buckets/data/x", "explode"),
            "event_type: Input should be 'create', 'update', 'delete' or 'rename'",
            id="an unknown event of SeaweedFS",
        ),
    ],
)
def test_wrong_field_is_named(body: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        data_events({}, json.dumps(body).encode())

    assert problems(caught.value) == message
