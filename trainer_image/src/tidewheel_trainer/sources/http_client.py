"""Send GET requests to addresses that the guard permits, redirects included."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Guard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_answer import Answer
from tidewheel_trainer.sources.http_urls import Place, joined, place_of, shown
from tidewheel_trainer.sources.retrying import AwayError

__all__ = ["HttpClient"]

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FINE = frozenset({200, 203, 204, 304})
# What a server may answer differently in a moment.
_AWAY = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})
_FIRST_WORDS = 200


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Asks one source's servers; the secret headers go to the host of its own URL only."""

    guard: Guard
    home: Place
    secret_headers: Mapping[str, str]
    timeout: urllib3.Timeout
    pools: dict[tuple[str, str, int], urllib3.HTTPConnectionPool] = field(default_factory=dict)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a request, after redirects.

        Raises:
            AwayError: there is none now.
            TrainerError: SourceForbidden, SourceRefused, SourceUnreadable or SourceUnavailable.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            place = place_of(url)
            _refuse_downgrade(self.home, place, url)
            response = self._ask(url, place, headers)
            if response.status in _REDIRECTS and "Location" in response.headers:
                further = joined(url, response.headers["Location"])
                response.close()
                _refuse_downgrade(place, place_of(further), further)
                url = further
                continue
            answer = Answer(url, response.status, response.headers, response)
            if response.status in _FINE:
                return answer
            try:
                self._refuse(answer)
            finally:
                response.close()
                self._discard(place)
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"'{shown(url)}' redirects more than {_MOST_REDIRECTS} times; correct `url`",
        )

    def close(self) -> None:
        """Give back the connections."""
        for pool in self.pools.values():
            pool.close()
        self.pools.clear()

    def _ask(self, url: str, place: Place, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": "tidewheel", "Accept-Encoding": "gzip", **headers}
        if self.home.is_same_host(place):
            sent.update(self.secret_headers)
        sent["Host"] = place.host_header
        try:
            return self._pool(place).urlopen(
                "GET",
                place.target,
                headers=sent,
                timeout=self.timeout,
                retries=False,
                redirect=False,
                preload_content=False,
                assert_same_host=False,
            )
        except (SSLError, ssl.SSLError) as error:
            self._discard(place)
            raise _tls_failure(url, error) from error
        except HTTPError as error:
            # The host may have moved: the next attempt looks it up again.
            self._discard(place)
            raise AwayError(f"'{shown(url)}' {_words_of(error)}") from error

    def _pool(self, place: Place) -> urllib3.HTTPConnectionPool:
        pool = self.pools.get(place.server)
        if pool is None:
            address = self.guard.address_of(place.host, place.port)
            pool = self.pools[place.server] = _new_pool(place, address)
        return pool

    def _discard(self, place: Place) -> None:
        pool = self.pools.pop(place.server, None)
        if pool is not None:
            pool.close()

    def _refuse(self, answer: Answer) -> NoReturn:
        words = self._first_words(answer)
        status = f"answers with status {answer.status}{words}"
        if answer.status in _AWAY:
            raise AwayError(f"'{shown(answer.url)}' {status}", _retry_after(answer.headers))
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"'{shown(answer.url)}' {status}; correct `url` of the source or the headers in its "
            "Secret",
        )

    def _first_words(self, answer: Answer) -> str:
        try:
            start = answer.response.read(4096, decode_content=True)
        except HTTPError:
            return ""
        text = start.decode("utf-8", "replace")
        # Some servers repeat what they were sent.
        for value in self.secret_headers.values():
            for secret in (value, *value.split()):
                text = text.replace(secret, "***") if len(secret) > 3 else text
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return f": {text[:_FIRST_WORDS]}" if text else ""


def _new_pool(place: Place, address: str) -> urllib3.HTTPConnectionPool:
    if place.scheme == "http":
        return urllib3.HTTPConnectionPool(address, place.port, maxsize=1)
    # The certificate must name the host, although the connection is made to an address.
    return urllib3.HTTPSConnectionPool(
        address,
        place.port,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=place.host,
        assert_hostname=place.host,
    )


def _refuse_downgrade(before: Place, after: Place, url: str) -> None:
    if before.scheme == "https" and after.scheme == "http":
        raise TrainerError(
            FailureReason.SOURCE_FORBIDDEN,
            f"the server of '{before.host}' leads on from https to '{shown(url)}', where anybody "
            "on the way could read or change the rows; correct the server, or `url`",
        )


def _tls_failure(url: str, error: Exception) -> Exception:
    if "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error):
        return TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"the certificate of '{shown(url)}' cannot be trusted: {_reason_of(error)}; correct "
            "the server's certificate, or the host in `url`",
        )
    return AwayError(f"'{shown(url)}' does not finish the TLS handshake: {_reason_of(error)}")


def _reason_of(error: Exception) -> str:
    text = str(error).partition("certificate verify failed: ")[2] or str(error)
    return text.partition(" (_ssl.c")[0].strip("() ")[:_FIRST_WORDS]


def _words_of(error: HTTPError) -> str:
    if isinstance(error, NewConnectionError):
        return "does not accept connections"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "does not answer in time"
    return "breaks the connection off before it answers"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks for, as a number or as a moment (RFC 9110)."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
