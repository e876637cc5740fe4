"""Headers from a Secret: each key a header's name, each value what is sent."""

import re
from collections.abc import Mapping

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["secret_headers"]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Headers that say where a request goes, how it is framed, or what the program itself asks.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def secret_headers(credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a Secret.

    Raises:
        TrainerError: SourceRefused, when one cannot be sent; it never tells a value.
    """
    for name, value in credentials.items():
        if not _NAME.fullmatch(name):
            raise _refused(name, "is not the name of a header")
        if name.lower() in _OURS:
            raise _refused(name, "is a header that Tidewheel sets itself")
        if not _VALUE.fullmatch(value):
            raise _refused(name, "has a value that no header can have, such as two lines")
    return {name: value.strip() for name, value in credentials.items()}


def _refused(name: str, why: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_REFUSED,
        f"the key '{name}' of the Secret that `headersSecretName` names {why}; correct the Secret",
    )
