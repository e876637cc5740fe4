"""Sources that are streams of messages: Kafka and NATS JetStream."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, ObjectName, Words, rules
from tidewheel_contracts.api.v1alpha1.source_common import Servers, Tls

__all__ = ["KafkaSource", "NatsSource", "SaslMechanism", "StreamSource"]

Subject = Annotated[
    str,
    Field(max_length=256, pattern=r"^[^\s]+$"),
    Words("must be a subject of NATS, without spaces"),
]


class SaslMechanism(StrEnum):
    """How a client proves who it is to Kafka."""

    PLAIN = "Plain"
    SCRAM_SHA_256 = "ScramSha256"
    SCRAM_SHA_512 = "ScramSha512"


class KafkaSource(ApiModel):
    """All messages of a topic."""

    servers: Annotated[Servers, Field(description="Brokers to begin with, each with its port.")]
    topic: Annotated[
        str,
        Field(max_length=249, pattern=r"^[A-Za-z0-9._-]+$", description="Topic."),
        Words("must be letters, digits, '.', '_' and '-'"),
    ]
    secret_name: Annotated[
        ObjectName | None,
        Field(
            description="Secret with the keys `username` and `password`; `ca.crt` to prove the "
            "brokers' names."
        ),
    ] = None
    mechanism: Annotated[SaslMechanism, Field(description="How the Secret's keys are proved.")] = (
        SaslMechanism.SCRAM_SHA_512
    )
    tls: Annotated[Tls, Field(description="How the connection is protected.")] = Tls.VERIFIED


class NatsSource(ApiModel):
    """All messages of a JetStream stream."""

    servers: Annotated[Servers, Field(description="Servers, each with its port.")]
    stream: Annotated[
        str,
        Field(max_length=128, pattern=r"^[^\s.*>/\\]+$", description="Stream."),
        Words("must be a name without spaces, '.', '*', '>', '/' and '\\'"),
    ]
    subject: Annotated[
        Subject | None,
        Field(description="Only messages of this subject; it may have wildcards."),
    ] = None
    secret_name: Annotated[
        ObjectName | None,
        Field(
            description="Secret with the keys `username` and `password`, or `token`; `ca.crt` to "
            "prove the server's name."
        ),
    ] = None
    tls: Annotated[Tls, Field(description="How the connection is protected.")] = Tls.VERIFIED


class StreamSource(ApiModel):
    """Messages of a stream, each one JSON object; none is read twice and none is left out."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.kafka) != has(self.nats)",
                "exactly one of `kafka` and `nats` must be given",
            )
        )
    )

    kafka: Annotated[KafkaSource | None, Field(description="A topic of Kafka.")] = None
    nats: Annotated[NatsSource | None, Field(description="A stream of NATS JetStream.")] = None
    time_column: Annotated[
        ColumnName | None,
        Field(
            description="Name of a column for the time at which the server took the message; of "
            "Kafka it is the producer's, unless the topic says `LogAppendTime`."
        ),
    ] = None
