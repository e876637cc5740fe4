"""From a posted body to news of data: S3 notifications, those of SeaweedFS, and CloudEvents.

AWS and MinIO post `Records`; SeaweedFS posts the path of a file and what happened to it; a
CloudEvent comes as JSON, as a batch, or with its attributes in headers.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import unquote, unquote_plus

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tidewheel_operator.policies.data_events import DataEvent, NamedDataset, ObjectChange

__all__ = ["PayloadError", "data_events"]

Object = dict[str, Any]

_BATCH = "application/cloudevents-batch+json"
_HEADER = "ce-"
_BUCKETS = "/buckets/"
# Reading an object changes nothing: our own collections do, and would call for the next.
_CHANGES = ("ObjectCreated:", "ObjectRemoved:", "ObjectRestore:Completed")
_FORMS = (
    "the body must be an S3 notification with `Records`, a SeaweedFS notification with `key` and "
    "`event_type`, or a CloudEvent"
)

Text = Annotated[str, Field(min_length=1, max_length=4096)]


class PayloadError(Exception):
    """The body is none of the known forms; the message says why."""


class _Loose(BaseModel):
    # Stores add fields over time; what we do not read must not break us.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Bucket(_Loose):
    name: Text


class _StoredObject(_Loose):
    key: Text


class _S3(_Loose):
    bucket: _Bucket
    object: _StoredObject


class _Record(_Loose):
    eventName: Text  # noqa: N815 - spelled so by AWS
    s3: _S3


class _Notification(_Loose):
    Records: Annotated[tuple[_Record, ...], Field(max_length=10_000)]


class _NewEntry(_Loose):
    name: Annotated[str, Field(max_length=4096)] = ""


class _FilerMessage(_Loose):
    new_entry: _NewEntry | None = None
    new_parent_path: Annotated[str, Field(max_length=4096)] = ""


class _FilerNotification(_Loose):
    key: Text
    event_type: Literal["create", "update", "delete", "rename"]
    message: _FilerMessage | None = None


class _CloudEvent(_Loose):
    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    subject: Text | None = None
    dataset: Text | None = None
    data: Any = None


_BATCH_OF_EVENTS: TypeAdapter[tuple[_CloudEvent, ...]] = TypeAdapter(
    Annotated[tuple[_CloudEvent, ...], Field(max_length=10_000)]
)


def data_events(headers: Mapping[str, str], body: bytes) -> tuple[DataEvent, ...]:
    """Return the news in a request, each once; what changes no data is left out.

    Raises:
        PayloadError: the body is not JSON, or of no known form.
        pydantic.ValidationError: a field of a known form is missing or wrong.
    """
    return tuple(dict.fromkeys(_events(headers, body)))


def _events(headers: Mapping[str, str], body: bytes) -> Iterator[DataEvent]:
    names = {name.lower(): value for name, value in headers.items()}
    if f"{_HEADER}specversion" in names:
        yield from _of_cloud_event(_from_headers(names, body))
        return
    document = _json(body)
    if names.get("content-type", "").partition(";")[0].strip().lower() == _BATCH:
        for event in _BATCH_OF_EVENTS.validate_python(document):
            yield from _of_cloud_event(event)
    elif not isinstance(document, dict):
        raise PayloadError(_FORMS)
    elif "specversion" in document:
        yield from _of_cloud_event(_CloudEvent.model_validate(document))
    elif "Records" in document:
        yield from _of_records(document)
    elif "event_type" in document:
        yield from _of_filer(_FilerNotification.model_validate(document))
    elif document.get("Event") != "s3:TestEvent":
        # AWS sends that one only to try the way.
        raise PayloadError(_FORMS)


def _json(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return json.loads(body)
    except ValueError as error:
        raise PayloadError(f"the body must be JSON: {error}") from error
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error


def _from_headers(names: Mapping[str, str], body: bytes) -> _CloudEvent:
    attributes: Object = {
        name.removeprefix(_HEADER): unquote(value)
        for name, value in names.items()
        if name.startswith(_HEADER)
    }
    # Data that is no JSON tells nothing about buckets; the attributes alone may name the Dataset.
    if "json" in names.get("content-type", "") and body:
        attributes["data"] = _json(body)
    return _CloudEvent.model_validate(attributes)


def _of_cloud_event(event: _CloudEvent) -> Iterator[DataEvent]:
    if event.dataset is not None:
        yield NamedDataset((event.dataset,))
    elif isinstance(event.data, dict) and "Records" in event.data:
        yield from _of_records(event.data)
    else:
        source = event.source.rstrip("/").rpartition("/")[2]
        yield NamedDataset(tuple(name for name in (event.subject, source) if name))


def _of_records(document: Object) -> Iterator[DataEvent]:
    for record in _Notification.model_validate(document).Records:
        if record.eventName.removeprefix("s3:").startswith(_CHANGES):
            # Keys are quoted as in a form, where a plus is a space.
            yield ObjectChange(record.s3.bucket.name, unquote_plus(record.s3.object.key))


def _of_filer(event: _FilerNotification) -> Iterator[DataEvent]:
    paths = [event.key]
    if event.message is not None and event.message.new_parent_path and event.message.new_entry:
        # A renamed file leaves one place and comes to another.
        paths.append(f"{event.message.new_parent_path}/{event.message.new_entry.name}")
    for path in paths:
        bucket, slash, key = f"/{path.lstrip('/')}".removeprefix(_BUCKETS).partition("/")
        if bucket and slash and key:
            yield ObjectChange(bucket, key)
