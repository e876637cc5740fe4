"""URLs of HTTP sources: taken apart, joined, extended, and shown without what may be secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Place", "joined", "place_of", "shown", "with_parameters"]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads to, and what is asked for there."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def server(self) -> tuple[str, str, int]:
        """Return what one pool of connections is for."""
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        """Return the host as the server expects it, with a port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def is_same_host(self, other: "Place") -> bool:
        """Tell whether another place is the same server, or the same host's encrypted one."""
        if self.host != other.host:
            return False
        is_upgrade = (self.scheme, self.port, other.scheme, other.port) == (
            ("http", 80, "https", 443)
        )
        return is_upgrade or self.server == other.server


def place_of(url: str) -> Place:
    """Take a URL apart.

    Raises:
        TrainerError: SourceUnreadable, when it is none that can be asked.
    """
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise _unusable(url, "it is not a URL") from error
    if parts.scheme not in _PORTS or not parts.host:
        raise _unusable(url, "it must begin with 'http://' or 'https://' and a host")
    if parts.auth is not None:
        raise _unusable(url, "it must not have a credential in it")
    return Place(
        scheme=parts.scheme,
        host=parts.host.strip("[]").lower(),
        port=parts.port or _PORTS[parts.scheme],
        target=parts.request_uri,
    )


def joined(base: str, reference: str) -> str:
    """Return what a reference in an answer (a redirect, a link) stands for; no fragment is sent."""
    try:
        return urljoin(base, reference.strip()).partition("#")[0]
    except ValueError as error:
        raise _unusable(reference, "it is not a URL") from error


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Return a URL whose query has these parameters instead of earlier ones of the same names."""
    parts = urlsplit(url)
    old = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in old if name not in parameters]
    return urlunsplit(parts._replace(query=urlencode([*kept, *parameters.items()])))


def shown(url: str) -> str:
    """Return a URL for messages: without its query, in which a server may have put a signature."""
    return url.partition("?")[0]


def _unusable(url: str, why: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"the URL '{shown(url)[:200]}' cannot be asked: {why}; correct `url` of the source, or the "
        "server that answers with it",
    )
