"""HTTP sources against a real server: formats, pages, cursors, and looks that cost little."""

import json
from pathlib import Path
from typing import Any

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
from tests.servers.misbehaving_http import Reply, Request, Server

from tidewheel_contracts.job import FailureReason

_ROWS = [{"id": 1, "late": True, "hour": 5.5}, {"id": 2, "late": False, "hour": None}]


def test_a_json_list_lands_with_its_types(server: Server, connect: Connect, tmp_path: Path) -> None:
    server.answers(Reply(json.dumps(_ROWS)))
    connector = connect(server.url("/rows"))
    look = connector.look({})
    assert rows_of(connector, look, tmp_path) == _ROWS
    assert (look.pieces[0].key, look.position, look.new_rows) == (server.url("/rows"), {}, None)


def test_a_json_document_has_its_rows_in_a_field_and_objects_become_columns_with_dots(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    row = {
        "id": 1,
        "plane": {"tail": "N1", "seats": {"first": 12}},
        "legs": [{"to": "BOS"}],
        "x": {},
    }
    server.answers(Reply(json.dumps({"data": {"rows": [row]}})))
    connector = connect(server.url(), rows="data.rows")
    assert rows_of(connector, connector.look({}), tmp_path) == [
        {"id": 1, "plane.tail": "N1", "plane.seats.first": 12, "legs": '[{"to":"BOS"}]'}
    ]


def test_whole_numbers_beyond_two_to_the_53_stay_exact(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.answers(Reply('[{"id": 9007199254740993}]'))
    connector = connect(server.url())
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 9007199254740993}]


def test_json_lines_land(server: Server, connect: Connect, tmp_path: Path) -> None:
    server.answers(Reply("".join(json.dumps(row) + "\r\n" for row in _ROWS)))
    connector = connect(server.url(), format="JsonLines")
    assert rows_of(connector, connector.look({}), tmp_path) == _ROWS


def test_csv_lands_as_its_options_say(server: Server, connect: Connect, tmp_path: Path) -> None:
    server.answers(Reply('1;"a;""b""\nc";-\n2;;"-"\n'))
    options = {"delimiter": ";", "nullValues": ["-"], "columnNames": ["id", "text", "more"]}
    connector = connect(server.url(), format="Csv", csv=options)
    assert rows_of(connector, connector.look({}), tmp_path) == [
        {"id": 1, "text": 'a;"b"\nc', "more": None},
        {"id": 2, "text": "", "more": "-"},
    ]


def test_text_in_another_encoding_is_read_as_the_server_declares_it(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    kind = {"Content-Type": "text/csv; charset=ISO-8859-1"}
    server.answers(Reply("name\nZürich\n".encode("latin-1"), headers=kind))
    connector = connect(server.url(), format="Csv")
    assert rows_of(connector, connector.look({}), tmp_path) == [{"name": "Zürich"}]


def test_a_compressed_answer_is_decompressed(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.answers(Reply(json.dumps(_ROWS), is_gzip=True))
    connector = connect(server.url())
    assert rows_of(connector, connector.look({}), tmp_path) == _ROWS
    assert server.requests[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("kind", "body"), [("Json", "[]"), ("JsonLines", ""), ("Csv", ""), ("Csv", "id,late\n")]
)
def test_a_source_without_a_row_lands_without_a_row(
    server: Server,
    connect: Connect,
    tmp_path: Path,
    kind: str,
    body: str,
) -> None:
    server.answers(Reply(body))
    connector = connect(server.url(), format=kind)
    assert rows_of(connector, connector.look({}), tmp_path) == []


def test_an_answer_without_content_has_no_row(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.answers(Reply(status=204))
    connector = connect(server.url())
    assert rows_of(connector, connector.look({}), tmp_path) == []


def _page(numbers: range, **more: Any) -> Reply:
    return Reply(json.dumps({"rows": [{"id": number} for number in numbers], **more}))


def test_pages_are_followed_by_the_link_header(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    link = {"Link": '<?page=1>; rel="first", <?page=2>; title="a, b"; rel="next last"'}
    server.has(
        {
            "/a": Reply('[{"id": 0}]', headers=link),
            "/a?page=2": Reply('[{"id": 1}]', headers={"Link": '<?page=1>; rel="prev"'}),
        }
    )
    connector = connect(server.url("/a"), pages={"link": {}})
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 0}, {"id": 1}]


@pytest.mark.parametrize(
    ("path", "more"),
    [("next", "next"), ("links.next", "links.next"), ("@odata.nextLink", "@odata.nextLink")],
)
def test_pages_are_followed_by_a_field(
    server: Server, connect: Connect, tmp_path: Path, path: str, more: str
) -> None:
    server.has(
        {
            "/a": _page(range(2), **{more: "/b?x=1#top"}),
            "/b?x=1": _page(range(2, 3), **{more: None}),
        }
    )
    connector = connect(server.url("/a"), rows="rows", pages={"link": {"field": path}})
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 0}, {"id": 1}, {"id": 2}]


def test_pages_are_counted_in_rows_until_one_is_empty(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    # The server gives fewer rows than it is asked for.
    server.has(
        {
            "/a?q=x&offset=0&limit=5": _page(range(3)),
            "/a?q=x&limit=5&offset=3": _page(range(3, 4)),
            "/a?q=x&limit=5&offset=4": _page(range(0)),
        }
    )
    pages = {"offset": {"limit": 5}}
    connector = connect(server.url("/a?q=x"), rows="rows", pages=pages)
    assert [row["id"] for row in rows_of(connector, connector.look({}), tmp_path)] == [0, 1, 2, 3]


def test_pages_are_followed_by_a_token(server: Server, connect: Connect, tmp_path: Path) -> None:
    server.has(
        {
            "/a": _page(range(1), meta={"next": "x/y="}),
            "/a?after=x%2Fy%3D": _page(range(1, 2), meta={"next": 7}),
            "/a?after=7": _page(range(2, 3), meta={"next": ""}),
        }
    )
    pages = {"token": {"parameter": "after", "field": "meta.next"}}
    connector = connect(server.url("/a"), rows="rows", pages=pages)
    assert [row["id"] for row in rows_of(connector, connector.look({}), tmp_path)] == [0, 1, 2]


def test_csv_pages_repeat_their_header_once(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    link = {"Link": "</b>; rel=next"}
    server.has({"/a": Reply("id\r\n1\r\n", headers=link), "/b": Reply("id\n2")})
    connector = connect(server.url("/a"), format="Csv", pages={"link": {}})
    assert rows_of(connector, connector.look({}), tmp_path) == [{"id": 1}, {"id": 2}]


def test_an_unchanged_source_costs_one_short_request(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    modified = "Wed, 25 Nov 2026 10:00:00 GMT"

    def script(request: Request) -> Reply:
        if request.headers.get("If-None-Match") == '"v1"':
            return Reply(status=304)
        return Reply('[{"id": 1}]', headers={"ETag": '"v1"', "Last-Modified": modified})

    server.script = script
    connector = connect(server.url())
    first = connector.look({})
    second = connect(server.url()).look(first.position)
    assert second == first
    assert first.position == {
        "etag": '"v1"',
        "lastModified": modified,
        "digest": first.pieces[0].mark,
    }
    assert server.requests[1].headers["If-Modified-Since"] == modified
    assert len(server.requests) == 2


def test_the_rows_of_a_source_that_did_not_change_can_still_be_landed(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    server.script = lambda request: (
        Reply(status=304)
        if "If-None-Match" in request.headers
        else Reply('[{"id": 1}]', headers={"ETag": '"v1"'})
    )
    position = connect(server.url()).look({}).position
    connector = connect(server.url())
    assert rows_of(connector, connector.look(position), tmp_path) == [{"id": 1}]


def test_a_new_etag_over_the_same_rows_is_no_change(server: Server, connect: Connect) -> None:
    server.answers(*(Reply('[{"id": 1}]', headers={"ETag": f'"{n}"'}) for n in range(3)))
    first = connect(server.url()).look({})
    assert connect(server.url()).look(first.position) == first


def test_other_rows_change_fingerprint_and_mark(server: Server, connect: Connect) -> None:
    server.answers(*(Reply(f'[{{"id": {n}}}]', headers={"ETag": f'"{n}"'}) for n in range(3)))
    first = connect(server.url()).look({})
    second = connect(server.url()).look(first.position)
    assert second.fingerprint != first.fingerprint
    assert second.pieces[0].mark != first.pieces[0].mark
    assert second.pieces[0].key == first.pieces[0].key


def test_without_validators_the_rows_themselves_tell_a_change(
    server: Server, connect: Connect
) -> None:
    server.answers(Reply('[{"id": 1}]'), Reply('[ {"id":1} ]'), Reply('[{"id": 2}]'))
    looks = [connect(server.url()).look({}) for _ in range(3)]
    assert looks[0] == looks[1]
    assert looks[1].fingerprint != looks[2].fingerprint


def _since(request: Request, highest: int, *, is_inclusive: bool) -> Reply:
    start = int(request.path.partition("since=")[2] or 0)
    first = start if is_inclusive and start else start + 1
    return _page(range(first, highest + 1))


@pytest.mark.parametrize("is_inclusive", [False, True])
def test_a_cursor_reads_new_rows_only(
    server: Server, connect: Connect, tmp_path: Path, is_inclusive: bool
) -> None:
    settings = {"rows": "rows", "cursor": {"column": "id", "parameter": "since"}}
    server.script = lambda request: _since(request, 9, is_inclusive=is_inclusive)
    connector = connect(server.url("/a"), **settings)
    first = connector.look({})
    assert len(rows_of(connector, first, tmp_path)) == 9
    assert (first.position, first.new_rows) == ({"cursor": "9"}, 9)
    unchanged = connect(server.url("/a"), **settings).look(first.position)
    assert (unchanged.pieces, unchanged.fingerprint, unchanged.position, unchanged.new_rows) == (
        (),
        first.fingerprint,
        {"cursor": "9"},
        0,
    )
    server.script = lambda request: _since(request, 11, is_inclusive=is_inclusive)
    connector = connect(server.url("/a"), **settings)
    more = connector.look(first.position)
    assert rows_of(connector, more, tmp_path) == [{"id": 10}, {"id": 11}]
    assert (more.position, more.new_rows) == ({"cursor": "11"}, 2)
    assert more.pieces[0].key == "id after 9 up to 11"
    assert more.fingerprint != first.fingerprint


def test_a_cursor_of_times_keeps_the_rows_after_it_in_any_zone(
    server: Server, connect: Connect, tmp_path: Path
) -> None:
    rows = "at,id\n2026-01-01T10:00:00+02:00,1\n2026-01-01T09:00:00Z,2\n2026-01-01T08:30:00Z,3\n"
    server.answers(Reply(rows))
    cursor = {"column": "at", "parameter": "from"}
    connector = connect(server.url("/a?x=1"), format="Csv", cursor=cursor)
    look = connector.look({"cursor": "2026-01-01T08:00:00Z"})
    assert [row["id"] for row in rows_of(connector, look, tmp_path)] == [2, 3]
    assert look.position == {"cursor": "2026-01-01T09:00:00Z"}
    assert server.requests[0].path == "/a?x=1&from=2026-01-01T08%3A00%3A00Z"


def test_a_cursor_goes_on_through_pages(server: Server, connect: Connect, tmp_path: Path) -> None:
    server.has(
        {
            "/a?since=1&offset=0&limit=1000": _page(range(2, 4)),
            "/a?since=1&limit=1000&offset=2": _page(range(4, 5)),
            "/a?since=1&limit=1000&offset=3": _page(range(0)),
        }
    )
    settings = {"rows": "rows", "cursor": {"column": "id", "parameter": "since"}}
    connector = connect(server.url("/a"), pages={"offset": {}}, **settings)
    look = connector.look({"cursor": "1"})
    assert [row["id"] for row in rows_of(connector, look, tmp_path)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "reason", "message"),
    [
        (
            [{"number": 1}],
            FailureReason.COLUMN_MISSING,
            "row 1 of the answer of '{url}' has no column 'id', which `cursor` of the source "
            "names; correct `cursor.column`",
        ),
        (
            [{"id": None}],
            FailureReason.SOURCE_UNREADABLE,
            "row 1 of the answer of '{url}' has no number, time or text in 'id'; choose another "
            "column for `cursor` of the source, or leave `cursor` out",
        ),
        (
            [{"id": 1}, {"id": "a"}],
            FailureReason.SOURCE_UNREADABLE,
            "the column 'id' has numbers such as '1' and texts such as 'a' (row 2 of the answer of "
            "'{url}'), which have no order; choose another column for `cursor` of the source, or "
            "leave `cursor` out",
        ),
    ],
)
def test_a_column_that_is_no_cursor_is_named(
    server: Server,
    connect: Connect,
    rows: list[dict[str, Any]],
    reason: FailureReason,
    message: str,
) -> None:
    server.answers(Reply(json.dumps(rows)))
    cursor = {"column": "id", "parameter": "since"}
    connector = connect(server.url("/a"), cursor=cursor)
    assert failure_of(connector) == (reason, message.format(url=server.url("/a")))


def test_headers_of_the_secret_are_sent(server: Server, connect: Connect) -> None:
    server.answers(Reply("[]"))
    connect(server.url(), credentials={"Authorization": "Bearer t0ken"}).look({})
    headers = server.requests[0].headers
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Host"] == f"127.0.0.1:{server.port}"


def test_the_server_sees_the_name_of_the_host_not_the_address(
    server: Server, connect: Connect
) -> None:
    server.answers(Reply("[]"))
    connect(server.url(host="api.example"), guard=guard_of({"api.example": "127.0.0.1"})).look({})
    assert server.requests[0].headers["Host"] == f"api.example:{server.port}"
