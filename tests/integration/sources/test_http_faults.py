"""HTTP sources whose servers misbehave: each is told of in a sentence, none does harm."""

import gzip
import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.integration.sources.http_fixtures import (  # noqa: F401 - fixtures
    Connect,
    Time,
    failure_of,
    fixture_connect,
    fixture_server,
    fixture_session_server,
    fixture_time,
    rows_of,
)
from tests.servers.misbehaving_http import Reply, Request, Server, misbehaving_http

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.sources.http_reading import Limits

_FINE = Reply('[{"id": 1}]')


def test_a_server_that_asks_to_come_back_is_asked_after_that_time(
    server: Server, connect: Connect, time: Time
) -> None:
    server.answers(Reply("slow down", 429, {"Retry-After": "40"}), _FINE)
    connect(server.url()).look({})
    assert time.pauses == [40.0]


def test_a_server_may_name_a_moment_to_come_back_at(
    server: Server, connect: Connect, time: Time
) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.answers(Reply(status=503, headers={"Retry-After": moment}), _FINE)
    connect(server.url()).look({})
    assert 50.0 < time.pauses[0] <= 60.0


def test_a_server_that_asks_for_too_long_a_pause_is_unavailable(
    server: Server, connect: Connect, time: Time
) -> None:
    server.answers(Reply(status=429, headers={"Retry-After": "86400"}))
    reason, message = failure_of(connect(server.url("/a?key=1")))
    assert (reason, time.pauses) == (FailureReason.SOURCE_UNAVAILABLE, [])
    assert message == (
        f"'{server.url('/a')}' answers with status 429; it was tried again for 120 seconds"
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_that_fails_once_is_asked_again(
    server: Server, connect: Connect, tmp_path: Path, status: int
) -> None:
    server.answers(Reply("oops", status), _FINE)
    connector = connect(server.url())
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 1}]


def test_a_server_that_always_fails_is_unavailable(server: Server, connect: Connect) -> None:
    server.answers(Reply("<h1>Internal\n error</h1>", 500))
    assert failure_of(connect(server.url())) == (
        FailureReason.SOURCE_UNAVAILABLE,
        f"'{server.url()}' answers with status 500: <h1>Internal error</h1>; it was tried again "
        "for 120 seconds",
    )
    assert len(server.requests) > 5


def test_a_server_that_nobody_answers_at_is_unavailable(connect: Connect) -> None:
    with misbehaving_http() as gone:
        url = gone.url()
    reason, message = failure_of(connect(url))
    assert reason is FailureReason.SOURCE_UNAVAILABLE
    assert "does not accept connections; it was tried again for 120 seconds" in message


def test_a_server_that_is_too_slow_is_asked_again(
    server: Server, connect: Connect, time: Time
) -> None:
    held = threading.Event()
    server.answers(Reply(held_until=held), _FINE)
    try:
        connect(server.url(), limits=Limits(read_seconds=0.1)).look({})
    finally:
        held.set()
    assert len(time.pauses) == 1


def test_a_connection_that_is_reset_midway_is_made_again(
    server: Server, connect: Connect, tmp_path: Path, time: Time
) -> None:
    rows = [{"id": number} for number in range(5000)]
    server.answers(Reply(json.dumps(rows), reset_after=20_000), Reply(json.dumps(rows)))
    connector = connect(server.url())
    assert rows_of(connector, connector.look({}), tmp_path) == rows
    assert len(time.pauses) == 1


def test_an_answer_that_breaks_off_after_long_reading_is_asked_for_again(
    server: Server, connect: Connect, time: Time
) -> None:
    # The clock is looked at for each of seven blocks; the deadline of waiting is 120 seconds.
    time.tick = 25.0
    server.answers(Reply("x" * 450_000, reset_after=449_000), _FINE)
    connect(server.url()).look({})
    assert len(time.pauses) == 1


def test_an_answer_that_comes_in_drops_is_given_up(
    server: Server, connect: Connect, time: Time
) -> None:
    time.tick = 400.0
    server.answers(_FINE)
    assert failure_of(connect(server.url("/a"))) == (
        FailureReason.SOURCE_UNAVAILABLE,
        f"'{server.url('/a')}' answers too slowly: after 300 seconds fewer than 10,000 bytes a "
        "second",
    )
    assert time.pauses == []


def test_an_answer_that_is_shorter_than_it_says_is_asked_for_again(
    server: Server, connect: Connect, tmp_path: Path, time: Time
) -> None:
    server.answers(Reply("id\n1\n", length=1000), Reply("id\n1\n2\n"))
    connector = connect(server.url(), format="Csv")
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 1}, {"id": 2}]
    assert len(time.pauses) == 1


def test_an_answer_that_is_longer_than_it_says_is_not_taken_for_json(
    server: Server, connect: Connect
) -> None:
    server.answers(Reply('[{"id": 1}]', length=5))
    reason, message = failure_of(connect(server.url()))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert f"the answer of '{server.url()}' is not JSON" in message


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<html>", "is not JSON (Expecting value at line 1, character 1)"),
        ('[{"id": 1', "is not JSON (Expecting ',' delimiter at line 1, character 10)"),
        ('[{"id": NaN}]', "is not JSON (NaN is not a value of JSON)"),
        ("[" * 100_000, "is JSON that is nested too deeply"),
        (b'[{"id": "\xff"}]', "is not JSON ('utf-8' codec can't decode byte 0xff in position 9"),
    ],
)
def test_a_broken_page_is_named(
    server: Server, connect: Connect, body: str | bytes, fault: str
) -> None:
    link = {"Link": "</b>; rel=next"}
    server.has({"/a": Reply("[]", headers=link), "/b": Reply(body)})
    reason, message = failure_of(connect(server.url("/a"), pages={"link": {}}))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert message.startswith(f"page 2 of '{server.url('/b')}' {fault}")


@pytest.mark.parametrize(
    ("body", "rows", "fault"),
    [
        (
            '{"data": [], "n": 1}',
            None,
            "the answer of '{url}' is not a list of objects; name the field that has the list in "
            "`rows` of the source, such as 'data'",
        ),
        (
            '{"data": {}}',
            "data",
            "the answer of '{url}' has no list at 'data'; correct `rows` of the source",
        ),
        (
            "[1]",
            None,
            "row 1 of the answer of '{url}' is not an object; correct the server, or `format` of "
            "the source",
        ),
        (
            '[{"a": {"b": 1}, "a.b": 2}]',
            None,
            "row 1 of the answer of '{url}' has the field 'a.b' twice; correct the server, or "
            "`format` of the source",
        ),
        (
            '[{"a": "\\ud800"}]',
            None,
            "row 1 of the answer of '{url}' has half a character (a lone surrogate); correct the "
            "server, or `format` of the source",
        ),
    ],
)
def test_json_of_another_shape_is_named(
    server: Server, connect: Connect, body: str, rows: str | None, fault: str
) -> None:
    server.answers(Reply(body))
    assert failure_of(connect(server.url(), rows=rows)) == (
        FailureReason.SOURCE_UNREADABLE,
        fault.format(url=server.url()),
    )


def test_pages_that_lead_back_are_refused(server: Server, connect: Connect) -> None:
    server.has(
        {
            "/a": Reply('[{"id": 1}]', headers={"Link": "</b>; rel=next"}),
            "/b": Reply('[{"id": 2}]', headers={"Link": "</a>; rel=next"}),
        }
    )
    assert failure_of(connect(server.url("/a"), pages={"link": {}})) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the pages never end: page 2 leads back to page 1 of '{server.url('/a')}'; correct "
        "`pages` of the source, or the server",
    )


def test_a_server_that_ignores_the_offset_is_refused(server: Server, connect: Connect) -> None:
    server.answers(_FINE)
    reason, message = failure_of(connect(server.url("/a"), pages={"offset": {}}))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert message == (
        f"page 2 of '{server.url('/a')}' has the very rows of the page before it, so the server "
        "does not understand how it is asked for pages; correct `pages` of the source"
    )


def test_pages_without_an_end_are_refused(server: Server, connect: Connect) -> None:
    def script(request: Request) -> Reply:
        number = int(request.path.strip("/") or 0)
        return Reply(f'[{{"id": {number}}}]', headers={"Link": f"</{number + 1}>; rel=next"})

    server.script = script
    connector = connect(server.url(), pages={"link": {}}, limits=Limits(pages=20))
    reason, message = failure_of(connector)
    assert (reason, len(server.requests)) == (FailureReason.SOURCE_UNREADABLE, 20)
    assert message.startswith("there are more than 20 pages")


def test_a_token_that_is_no_text_is_named(server: Server, connect: Connect) -> None:
    server.answers(Reply('{"rows": [], "next": {"a": 1}}'))
    pages = {"token": {"parameter": "after", "field": "next"}}
    assert failure_of(connect(server.url(), rows="rows", pages=pages)) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the field 'next' of page 1 of '{server.url()}' is not a text or a whole number, so the "
        "next page is not known; correct `pages.token.field` of the source",
    )


def test_a_page_that_is_too_large_is_refused_before_it_is_read(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.answers(Reply("[" + " " * 5_000_000 + "]"))
    connector = connect(server.url(), limits=Limits(page_bytes=1 << 20))
    assert failure_of(connector) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the answer of '{server.url()}' is larger than 1 MiB, the most that is read at once; ask "
        "for smaller pages with `pages` of the source",
    )


def test_chunks_without_an_end_are_asked_for_again(
    server: Server, connect: Connect, tmp_path: Path, time: Time
) -> None:
    rows = [{"id": number} for number in range(5000)]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    server.answers(
        Reply(body[:20_000], is_chunked=True, has_broken_end=True), Reply(body, is_chunked=True)
    )
    connector = connect(server.url(), format="JsonLines")
    assert rows_of(connector, connector.look({}), tmp_path) == rows
    assert len(time.pauses) == 1


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("kind", ["Json", "Csv"])
def test_a_gzip_bomb_is_refused(
    server: Server, connect: Connect, kind: str, is_chunked: bool
) -> None:
    bomb = gzip.compress(b" " * (80 << 20), 9)
    server.answers(Reply(bomb, headers={"Content-Encoding": "gzip"}, is_chunked=is_chunked))
    assert failure_of(connect(server.url(), format=kind)) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the answer of '{server.url()}' grows more than 300 times when it is decompressed; such "
        "an answer is not read",
    )


def test_what_is_not_compressed_as_declared_is_named(server: Server, connect: Connect) -> None:
    server.answers(Reply("[]", headers={"Content-Encoding": "gzip"}))
    assert failure_of(connect(server.url())) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the answer of '{server.url()}' is not compressed in the way that it says",
    )


def test_more_rows_than_the_disk_is_for_are_refused(server: Server, connect: Connect) -> None:
    rows = [{"id": number, "text": "x" * 100} for number in range(20_000)]
    server.answers(Reply(json.dumps(rows)))
    reason, message = failure_of(connect(server.url(), limits=Limits(whole_bytes=1 << 20)))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert "there are more than 1 MiB of rows" in message


def test_pages_with_other_columns_are_refused(server: Server, connect: Connect) -> None:
    link = {"Link": "</b>; rel=next"}
    server.has({"/a": Reply("id\n1\n", headers=link), "/b": Reply("id,late\n2,1\n")})
    reason, message = failure_of(connect(server.url("/a"), format="Csv", pages={"link": {}}))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert f"page 2 of '{server.url('/b')}' has another header" in message


def test_an_answer_that_was_never_asked_for_is_refused(server: Server, connect: Connect) -> None:
    server.answers(Reply(status=304))
    reason, message = failure_of(connect(server.url()))
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert "is 'not modified' (304) although nothing was asked" in message
