"""A real Kafka broker that goes away, asks who we are, or proves who it is."""

import json
import threading
from pathlib import Path

import pytest
from tests.integration.sources.kafka_fixtures import (
    Open,
    kafka_broker,
    numbered,
    numbers_of,
    open_topic,
    topic,
)
from tests.integration.sources.stream_fixtures import (
    Broker,
    failure_of,
    rows_of,
)
from tests.servers.kafka import PASSWORD, USER
from tests.servers.stream_ports import free_port

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.policy import Policy, parse_entry
from tidewheel_trainer.egress.resolving import ResolvingGuard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream_ranges import Range

__all__ = ["kafka_broker", "open_topic", "topic"]


def test_a_broker_that_goes_and_comes_back_loses_and_repeats_nothing(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    kafka_broker.create(topic)
    filler = "x" * 4000
    sent = [
        (0, json.dumps({"number": number, "filler": filler}).encode()) for number in range(4000)
    ]
    kafka_broker.put(topic, sent)
    connector = open_topic()
    position = connector.look({}).position
    batches = connector._log.read(Range("0", 0, int(position["0"])), [])
    got = [message.value for message in next(batches)]
    kafka_broker.server.stop()
    back = threading.Thread(target=kafka_broker.server.start)
    back.start()
    try:
        got += [message.value for batch in batches for message in batch]
    finally:
        back.join()

    assert got == [value for _, value in sent]


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha256", "ScramSha512"])
def test_a_user_reads_with_the_password(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path, mechanism: str
) -> None:
    name = topic.split("[")[0] + mechanism
    kafka_broker.create(name)
    kafka_broker.put(name, numbered(0, 1))
    connector = open_topic(
        topic=name,
        servers=[kafka_broker.server.login_address],
        kafka={"secretName": "kafka", "mechanism": mechanism},
        credentials={"username": USER, "password": PASSWORD},
    )

    assert numbers_of(rows_of(connector, connector.look({}), tmp_path)) == [1]


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha512"])
def test_a_wrong_password_is_told_at_once(
    kafka_broker: Broker, open_topic: Open, mechanism: str
) -> None:
    address = kafka_broker.server.login_address
    connector = open_topic(
        topic="any",
        servers=[address],
        kafka={"secretName": "kafka", "mechanism": mechanism},
        credentials={"username": USER, "password": "wrong-password"},
    )

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_REFUSED
    start = f"the Kafka broker {address} cannot be read: it refuses the Secret's user or the "
    assert message.startswith(start)
    assert "wrong-password" not in message


def test_a_broker_proves_its_name_by_the_authority_in_the_secret(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    connector = open_topic(
        servers=[kafka_broker.server.tls_address],
        tls="Verified",
        kafka={"secretName": "kafka"},
        credentials={"ca.crt": kafka_broker.server.authority},
    )

    assert numbers_of(rows_of(connector, connector.look({}), tmp_path)) == [1]


def test_a_broker_that_cannot_prove_its_name_is_read_only_when_that_is_allowed(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    address = kafka_broker.server.tls_address
    lenient = open_topic(servers=[address], tls="Encrypted")
    strict = open_topic(servers=[address], tls="Verified")

    rows = rows_of(lenient, lenient.look({}), tmp_path)
    with pytest.raises(TrainerError) as refused:
        strict.look({})

    assert numbers_of(rows) == [1]
    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the Kafka broker {address} cannot be read: its certificate is not trusted (unable to get "
        "local issuer certificate); put the certificate of its authority into the Secret as "
        "`ca.crt`, or correct its name in `servers`",
    )


def test_a_secret_without_a_key_is_told_at_once(open_topic: Open) -> None:
    with pytest.raises(TrainerError) as refused:
        open_topic(kafka={"secretName": "kafka"}, credentials={"username": USER})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        "the Secret 'kafka' of the Kafka source lacks the key 'password'; add it",
    )


def test_a_topic_that_is_not_there_is_told_and_not_created(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    connector = open_topic()

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the Kafka broker {kafka_broker.server.address} cannot be read: it has no topic "
        f"'{topic}', or does not let the user see it",
    )
    assert topic not in kafka_broker.topics()


def test_a_broker_that_does_not_answer_is_tried_again_until_the_deadline(
    open_topic: Open, topic: str
) -> None:
    address = f"127.0.0.1:{free_port()}"
    connector = open_topic(servers=[address], deadline_seconds=2)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_UNAVAILABLE
    assert message.startswith(f"no broker of topic '{topic}' answers ({address}: ")
    assert message.endswith("; it was tried again for 2 seconds")


def test_a_broker_must_not_send_us_to_an_address_that_the_guard_refuses(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    guard = ResolvingGuard(Policy(allow=(parse_entry("127.0.0.1"),)))
    connector = open_topic(servers=[kafka_broker.server.stray_address], guard=guard)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert refused.value.reason is FailureReason.SOURCE_FORBIDDEN
    assert "169.254.169.254" in refused.value.message
