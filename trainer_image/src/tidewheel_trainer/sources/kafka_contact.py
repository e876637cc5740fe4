"""The first words with a Kafka broker: whether it is there, lets us in, and has the topic."""

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from aiokafka import errors
from aiokafka.conn import create_conn

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.kafka_metadata import TopicRequest
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.stream_loop import tls_fault

__all__ = ["REFUSALS", "Topic", "contact", "refused"]

# What stays as it is until a person mends it.
REFUSALS = (
    errors.AuthenticationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.IllegalSaslStateError,
    errors.SaslAuthenticationFailed,
    errors.TopicAuthorizationFailedError,
    errors.UnsupportedSaslMechanismError,
)
_UNKNOWN_TOPIC = (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's id ("" where the brokers have none) and its partitions, in their order."""

    incarnation: str
    partitions: tuple[int, ...]


async def contact(servers: tuple[str, ...], topic: str, options: Mapping[str, Any]) -> Topic:
    """Ask the brokers one after the other for the topic.

    Args:
        servers: brokers to begin with.
        topic: its name.
        options: how aiokafka connects: TLS, who we are, and how long to wait.

    Raises:
        AwayError: no broker answers.
        TrainerError: SourceRefused, with what a person must mend.
    """
    faults: list[str] = []
    for server in servers:
        host, port = server.rsplit(":", 1)
        try:
            connection = await create_conn(host, int(port), **options)
        except ssl.SSLError as error:
            refused(server, tls_fault(error), error)
        except REFUSALS as error:
            refused(
                server, f"it refuses the Secret's user or the mechanism ({_words(error)})", error
            )
        except (OSError, errors.KafkaError, TimeoutError) as error:
            faults.append(f"{server}: {_words(error)}")
            continue
        try:
            answer = await connection.send(TopicRequest(topic))
        except (OSError, errors.KafkaError, TimeoutError) as error:
            faults.append(f"{server}: {_words(error)}")
            continue
        finally:
            connection.close()
        return _topic(answer.to_object(), topic, server)
    raise AwayError(f"no broker of topic {topic!r} answers ({'; '.join(faults)})")


def refused(server: str, fault: str, cause: BaseException | None = None) -> NoReturn:
    """Tell what a person must mend.

    Raises:
        TrainerError: SourceRefused.
    """
    raise TrainerError(
        FailureReason.SOURCE_REFUSED, f"the Kafka broker {server} cannot be read: {fault}"
    ) from cause


def _topic(answer: Mapping[str, Any], topic: str, server: str) -> Topic:
    found = answer["topics"][0]
    error = errors.for_code(found["error_code"])
    if error in _UNKNOWN_TOPIC:
        refused(server, f"it has no topic {topic!r}, or does not let the user see it")
    if issubclass(error, REFUSALS):
        refused(server, f"the user may not read topic {topic!r}")
    if error is not errors.NoError:
        raise AwayError(f"{server} cannot tell of topic {topic!r} yet ({error.__name__})")
    given = found.get("topic_id", uuid.UUID(int=0))
    return Topic(
        incarnation=given.hex if given.int else "",
        partitions=tuple(sorted(part["partition"] for part in found["partitions"])),
    )


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
