"""Compressed bodies come back as they went, and end at the limit."""

import gzip
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidewheel_server.http.content_coding import Undecodable, compressed, decoded
from tidewheel_server.http.message import HttpResponse

BODY = b'{"inputs": []}' * 200
WHOLE = HttpResponse(200, BODY, b"text/plain", b"a: b\r\n")


@given(st.binary(), st.sampled_from(["gzip", "x-gzip", "GZIP", "deflate", "identity", ""]))
def test_body_comes_back(body: bytes, coding: str) -> None:
    name = coding.lower()
    packed = gzip.compress(body, mtime=0) if "gzip" in name else body
    packed = zlib.compress(body) if name == "deflate" else packed

    assert decoded(packed, coding.encode(), 10_000_000) == body


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        (b"gzip", gzip.compress(bytes(10_000_000), mtime=0)),
        (b"deflate", zlib.compress(bytes(10_000_000))),
    ],
)
def test_bomb_ends_at_the_limit(coding: bytes, bomb: bytes) -> None:
    assert decoded(bomb, coding, 1000) == Undecodable(
        413, "The body must have at most 1000 bytes, unpacked"
    )


@pytest.mark.parametrize(
    ("body", "coding", "status", "message"),
    [
        (b"x", b"br", 415, "Content-Encoding 'br' is not one of gzip, deflate"),
        (b"x", b"gzip, gzip", 415, "Content-Encoding 'gzip, gzip' is not one of gzip, deflate"),
        (b"", b"gzip", 400, "The body is not gzip: it ends too early"),
        (
            gzip.compress(BODY, mtime=0)[:-1],
            b"gzip",
            400,
            "The body is not gzip: it ends too early",
        ),
        (gzip.compress(BODY, mtime=0) + b"x", b"gzip", 400, "The body goes on after its gzip data"),
        (b"{}", b"deflate", 400, "The body is not deflate: "),
        (gzip.compress(BODY, mtime=0), b"deflate", 400, "The body is not deflate: "),
    ],
)
def test_what_cannot_be_unpacked_is_refused(
    body: bytes, coding: bytes, status: int, message: str
) -> None:
    found = decoded(body, coding, 100_000)

    assert isinstance(found, Undecodable)
    assert (found.status, found.message[: len(message)]) == (status, message)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"gzip", "gzip"),
        (b"gzip, deflate", "gzip"),
        (b"deflate, gzip;q=1.0", "gzip"),
        (b"gzip;q=0.5, deflate", "deflate"),
        (b"gzip;q=0, *", "deflate"),
        (b"*", "gzip"),
        (b"br, DEFLATE", "deflate"),
        (b"", None),
        (b"br", None),
        (b"gzip;q=0", None),
        (b"gzip;q=x", None),
        (b"identity", None),
        (None, None),
    ],
)
def test_answer_is_compressed_as_the_client_likes(
    accepted: bytes | None, coding: str | None
) -> None:
    found = compressed(WHOLE, accepted)

    if coding is None:
        assert found is WHOLE
        return
    lines = f"a: b\r\ncontent-encoding: {coding}\r\nvary: accept-encoding\r\n"
    assert (found.status, found.content_type, found.header_lines) == (
        200,
        b"text/plain",
        lines.encode(),
    )
    assert len(found.body) < len(BODY)
    assert decoded(found.body, coding.encode(), len(BODY)) == BODY


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * 1000, id="fits one packet"),
        pytest.param(np.random.default_rng(1).bytes(5000), id="does not shrink"),
    ],
)
def test_answer_that_is_not_worth_it_stays_as_it_is(body: bytes) -> None:
    whole = HttpResponse(200, body)

    assert compressed(whole, b"gzip") is whole
