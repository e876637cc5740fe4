"""A real NATS server that goes away, asks who we are, or proves who it is."""

import json
import threading
from pathlib import Path

import pytest
from tests.integration.sources.nats_fixtures import (
    CREDENTIALS,
    Open,
    Stream,
    nats_server,
    open_stream,
    stream,
)
from tests.integration.sources.stream_fixtures import (
    failure_of,
    rows_of,
)
from tests.servers.nats import NatsServer
from tests.servers.stream_ports import free_port

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.resolving import ResolvingGuard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream_ranges import Range

__all__ = ["nats_server", "open_stream", "stream"]


def test_a_server_that_goes_and_comes_back_loses_and_repeats_nothing(
    stream: Stream, open_stream: Open
) -> None:
    stream.create()
    sent = [json.dumps({"number": number, "filler": "x" * 1000}).encode() for number in range(3000)]
    stream.put_raw(*sent)
    connector = open_stream()
    batches = connector._log.read(Range("sequence", 1, 3001), [])
    got = [message.value for message in next(batches)]
    stream.server.stop()
    back = threading.Thread(target=stream.server.start)
    back.start()
    try:
        got += [message.value for batch in batches for message in batch]
    finally:
        back.join()
    connector.close()

    assert got == sent
    assert stream.consumers() == 0


def test_a_wrong_password_is_told_at_once(stream: Stream, open_stream: Open) -> None:
    connector = open_stream(credentials={"username": "reader", "password": "wrong-password"})

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it refuses the Secret's keys "
        "(nats: 'Authorization Violation')",
    )


def test_a_password_is_never_sent_in_the_clear_when_tls_is_asked_for(
    stream: Stream, open_stream: Open
) -> None:
    connector = open_stream(nats={"tls": "Verified"})

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it does not encrypt; let it use "
        "TLS, or set `tls: Disabled`",
    )


def test_a_server_that_encrypts_proves_its_name_by_the_authority_in_the_secret(
    tmp_path: Path, open_stream: Open
) -> None:
    server = NatsServer(tmp_path / "nats", "reader", "only-for-tests", encrypts=True)
    server.start()
    try:
        trusting = {**CREDENTIALS, "ca.crt": server.authority}
        options = {"servers": [server.address], "nats": {"tls": "Verified"}}
        with pytest.raises(TrainerError) as trusted:
            open_stream(credentials=trusting, **options).look({})
        with pytest.raises(TrainerError) as untrusted:
            open_stream(**options).look({})
    finally:
        server.stop()

    # It gets as far as to hear that there is no such stream.
    assert trusted.value.message.endswith(": stream not found")
    assert failure_of(untrusted) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {server.address} cannot be read: its certificate is not trusted (unable "
        "to get local issuer certificate); put the certificate of its authority into the Secret as "
        "`ca.crt`, or correct its name in `servers`",
    )


def test_a_stream_that_is_not_there_is_told_at_once(stream: Stream, open_stream: Open) -> None:
    connector = open_stream()

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it cannot give stream "
        f"'{stream.name}': stream not found",
    )


def test_a_stream_that_gives_each_message_to_one_reader_only_is_refused(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create(retention="workqueue")
    stream.put(1)
    connector = open_stream()
    look = connector.look({})

    with pytest.raises(TrainerError) as refused:
        rows_of(connector, look, tmp_path)

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_REFUSED
    assert "work queue" in message or "workqueue" in message


def test_a_server_that_does_not_answer_is_tried_again_until_the_deadline(
    stream: Stream, open_stream: Open
) -> None:
    address = f"127.0.0.1:{free_port()}"
    connector = open_stream(servers=[address], deadline_seconds=2)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_UNAVAILABLE
    assert message.startswith(f"no server of stream '{stream.name}' answers ({address}: ")
    assert message.endswith("; it was tried again for 2 seconds")


def test_a_server_at_an_address_that_the_guard_refuses_is_not_connected_to(
    stream: Stream, open_stream: Open
) -> None:
    connector = open_stream(guard=ResolvingGuard(Policy()))

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert refused.value.reason is FailureReason.SOURCE_FORBIDDEN
    assert "127.0.0.1" in refused.value.message
