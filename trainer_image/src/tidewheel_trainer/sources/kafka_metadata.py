"""Ask a broker for one topic's id: aiokafka knows only requests that are older than ids.

Version 12 of the request (Kafka 3.1) tells the id; of a broker that does not know it, version 5
tells the rest. Neither creates a topic.
"""

import uuid
from io import BytesIO

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

__all__ = ["TopicRequest"]

_METADATA = 3


class _Uuid:
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID:
        return uuid.UUID(bytes=data.read(16))

    @classmethod
    def repr(cls, value: uuid.UUID) -> str:
        return str(value)


class _TopicResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _METADATA
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _TopicRequestV12(RequestStruct):  # type: ignore[misc]
    API_KEY = _METADATA
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _TopicResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_id", _Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields)
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicRequest(Request[MetadataRequest_v5 | _TopicRequestV12]):  # type: ignore[misc]
    """What is known of one topic.

    The answer's `to_object()` has `topics`, each with `error_code`, `partitions` and, of a broker
    that has ids, `topic_id`.
    """

    API_KEY = _METADATA

    def __init__(self, topic: str) -> None:
        """Ask for the topic of this name."""
        self._topic = topic

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """Return the request in the version that the broker knows."""
        if request_struct_class is _TopicRequestV12:
            by_name: tuple[object, ...] = (uuid.UUID(int=0), self._topic, {})
            return _TopicRequestV12([by_name], False, False, {})
        return MetadataRequest_v5([self._topic], False)
