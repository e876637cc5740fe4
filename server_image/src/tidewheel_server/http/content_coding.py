"""Compressed bodies, in and out: gzip and deflate, with an end to what a body may become."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from tidewheel_server.http.message import HttpResponse, header_line

__all__ = ["ACCEPTED_CODINGS", "Undecodable", "compressed", "decoded"]

ACCEPTED_CODINGS = "gzip, deflate"

# zlib's word for the container around the same format: 16 asks for gzip's.
_WINDOW_BITS = {b"gzip": 16 + zlib.MAX_WBITS, b"x-gzip": 16 + zlib.MAX_WBITS, b"deflate": 15}
# What fits one packet travels no faster when it is smaller.
_WORTH_BYTES = 1400
# Numbers shrink little at any level, and the lowest costs a third of the usual one.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a body cannot be read, and the status that says so."""

    status: int
    message: str


def decoded(body: bytes, coding: bytes, limit_bytes: int) -> bytes | Undecodable:
    """Return the body as it was before its Content-Encoding; 413 if it is longer than the limit."""
    coding = coding.strip().lower()
    if coding in (b"", b"identity"):
        return body
    window_bits = _WINDOW_BITS.get(coding)
    if window_bits is None:
        name = coding.decode("latin-1")
        return Undecodable(415, f"Content-Encoding {name!r:.40} is not one of {ACCEPTED_CODINGS}")
    stream = zlib.decompressobj(window_bits)
    try:
        plain = stream.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        return Undecodable(400, f"The body is not {coding.decode()}: {error}")
    if len(plain) > limit_bytes:
        return Undecodable(413, f"The body must have at most {limit_bytes} bytes, unpacked")
    if not stream.eof:
        return Undecodable(400, f"The body is not {coding.decode()}: it ends too early")
    if stream.unused_data:
        return Undecodable(400, f"The body goes on after its {coding.decode()} data")
    return plain


def compressed(response: HttpResponse, accept_encoding: bytes | None) -> HttpResponse:
    """Return the response, smaller if the client takes that and it pays."""
    if accept_encoding is None or len(response.body) < _WORTH_BYTES:
        return response
    coding = _best(accept_encoding)
    if coding is None:
        return response
    body = _ENCODERS[coding](response.body)
    if len(body) > 0.9 * len(response.body):
        return response
    lines = header_line("content-encoding", coding) + header_line("vary", "accept-encoding")
    return replace(response, body=body, header_lines=response.header_lines + lines)


def _gzip(body: bytes) -> bytes:
    stream = zlib.compressobj(_LEVEL, wbits=_WINDOW_BITS[b"gzip"])
    return stream.compress(body) + stream.flush()


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "deflate": lambda body: zlib.compress(body, _LEVEL),
}


def _best(accept_encoding: bytes) -> str | None:
    """Return the coding of ours that the client likes most, gzip if it is all the same."""
    likes: dict[str, float] = {}
    for item in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameter = item.partition(";")
        likes[name.strip()] = _quality(parameter)
    others = likes.get("*", 0.0)
    best = max(_ENCODERS, key=lambda name: likes.get(name, others))
    return best if likes.get(best, others) > 0 else None


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
