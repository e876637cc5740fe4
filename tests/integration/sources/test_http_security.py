"""Where HTTP sources may lead to, who may see their credentials, and whom they trust."""

import json
from pathlib import Path

import pytest
from tests.integration.sources.http_fixtures import (  # noqa: F401 - fixtures
    Connect,
    failure_of,
    fixture_connect,
    fixture_server,
    fixture_session_server,
    fixture_time,
    guard_of,
    rows_of,
)
from tests.servers.misbehaving_http import Reply, Request, Server, certificate_for, misbehaving_http

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

_FINE = Reply('[{"id": 1}]')


def test_a_refusal_tells_the_first_words_but_no_credential(
    server: Server, connect: Connect
) -> None:
    def script(request: Request) -> Reply:
        return Reply(f"you sent {request.headers['Authorization']}\x1b[31m!" + "x" * 9999, 401)

    server.script = script
    connector = connect(server.url("/a?b=c"), credentials={"Authorization": "Bearer t0ken"})
    reason, message = failure_of(connector)
    assert reason is FailureReason.SOURCE_REFUSED
    assert message.startswith(
        f"'{server.url('/a')}' answers with status 401: you sent *** [31m!xxxx"
    )
    assert message.endswith("; correct `url` of the source or the headers in its Secret")
    assert len(message) < 400
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("Host", "a", "is a header that Tidewheel sets itself"),
        ("X-Key", "a\r\nX-Other: b", "has a value that no header can have, such as two lines"),
        ("X Key", "a", "is not the name of a header"),
    ],
)
def test_a_secret_that_is_no_header_is_named_without_its_value(
    connect: Connect, key: str, value: str, why: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        connect("http://a.example", credentials={key: value})
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.SOURCE_REFUSED,
        f"the key '{key}' of the Secret that `headersSecretName` names {why}; correct the Secret",
    )


def test_a_redirect_to_a_forbidden_address_is_refused(server: Server, connect: Connect) -> None:
    location = {"Location": "http://169.254.169.254/latest/meta-data/"}
    server.answers(Reply(status=302, headers=location))
    reason, message = failure_of(connect(server.url()))
    assert reason is FailureReason.SOURCE_FORBIDDEN
    assert "it is a metadata service of a cloud" in message.replace(" 169.254.169.254,", "")


@pytest.mark.parametrize("field", ["next", None])
def test_a_next_page_at_a_forbidden_address_is_refused(
    server: Server, connect: Connect, field: str | None
) -> None:
    there = "http://[::ffff:169.254.169.254]/"
    body = json.dumps({"rows": [], "next": there})
    server.answers(Reply(body, headers={"Link": f"<{there}>; rel=next"}))
    link = {"field": field} if field else {}
    reason, _ = failure_of(connect(server.url(), rows="rows", pages={"link": link}))
    assert reason is FailureReason.SOURCE_FORBIDDEN


def test_a_host_that_moves_to_a_forbidden_address_is_refused_at_the_next_connection(
    server: Server, connect: Connect
) -> None:
    hosts = {"rebinding.example": "127.0.0.1"}
    guard = guard_of(hosts)

    def script(request: Request) -> Reply:
        hosts["rebinding.example"] = "169.254.169.254"
        return Reply(status=500)

    server.script = script
    reason, message = failure_of(connect(server.url(host="rebinding.example"), guard=guard))
    assert reason is FailureReason.SOURCE_FORBIDDEN
    assert "it is at 169.254.169.254, a metadata service of a cloud" in message
    assert len(server.requests) == 1


def test_secret_headers_do_not_follow_to_another_host(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    guard = guard_of({"a.example": "127.0.0.1", "b.example": "127.0.0.1"})
    server.answers(
        Reply(status=307, headers={"Location": "/again"}),
        Reply(status=307, headers={"Location": server.url("/b", "b.example")}),
        _FINE,
    )
    secret = {"X-Api-Key": "t0ken"}
    connector = connect(server.url(host="a.example"), guard=guard, credentials=secret)
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 1}]
    assert [request.headers.get("X-Api-Key") for request in server.requests] == [
        "t0ken",
        "t0ken",
        None,
    ]


def test_redirects_end(server: Server, connect: Connect) -> None:
    server.answers(Reply(status=301, headers={"Location": "/"}))
    assert failure_of(connect(server.url())) == (
        FailureReason.SOURCE_UNREADABLE,
        f"'{server.url()}' redirects more than 5 times; correct `url`",
    )


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://a.example"])
def test_a_redirect_to_what_is_no_http_url_is_refused(
    server: Server, connect: Connect, location: str
) -> None:
    server.answers(Reply(status=302, headers={"Location": location}))
    reason, message = failure_of(connect(server.url()))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert "must begin with 'http://' or 'https://' and a host" in message


def test_encrypted_connections_prove_the_name_of_the_host(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for(["api.example"], tmp_path / "server.pem")
    guard = guard_of({"api.example": "127.0.0.1", "other.example": "127.0.0.1"})
    with misbehaving_http(certificate) as encrypted:
        encrypted.answers(_FINE)
        untrusted = failure_of(connect(encrypted.url(host="api.example"), guard=guard))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        connector = connect(encrypted.url(host="api.example"), guard=guard)
        assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 1}]
        misnamed = failure_of(connect(encrypted.url(host="other.example"), guard=guard))
    assert untrusted[0] is misnamed[0] is FailureReason.SOURCE_REFUSED
    assert "cannot be trusted: self-signed certificate" in untrusted[1]
    assert "hostname 'other.example' doesn't match 'api.example'" in misnamed[1]


def test_an_encrypted_server_does_not_lead_to_a_plain_one(
    server: Server, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for(["127.0.0.1"], tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server.answers(_FINE)
    with misbehaving_http(certificate) as encrypted:
        encrypted.answers(Reply(status=302, headers={"Location": server.url("/plain")}))
        reason, message = failure_of(connect(encrypted.url()))
    assert (reason, server.requests) == (FailureReason.SOURCE_FORBIDDEN, [])
    assert message.startswith(
        f"the server of '127.0.0.1' leads on from https to '{server.url('/plain')}'"
    )
