"""Who may post alerts: a mounted file of tokens with the namespaces that each may reach."""

import hmac
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["AlertTokens", "TokenFileError"]


class TokenFileError(Exception):
    """The token file is missing or not of the documented form."""


class _Token(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # A short token could be guessed; an empty one would let everybody in.
    token: Annotated[str, Field(min_length=16, max_length=4096)]
    namespaces: Annotated[tuple[str, ...], Field(min_length=1)]


class _TokenFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: Annotated[tuple[_Token, ...], Field(min_length=1)]


class AlertTokens:
    """The token file, read at every request: Kubernetes replaces it when the Secret changes."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def namespaces_of(self, authorization: str) -> frozenset[str] | None:
        """Return the namespaces that an Authorization header may reach; nothing if it is unknown.

        Raises:
            TokenFileError: the file cannot be read.
        """
        scheme, _, given = authorization.partition(" ")
        found: frozenset[str] | None = None
        for entry in self._read().tokens:
            # Every token is compared, in constant time, so that timing tells nothing.
            is_same = hmac.compare_digest(entry.token.encode(), given.strip().encode())
            if is_same and scheme.lower() == "bearer":
                found = (found or frozenset()) | frozenset(entry.namespaces)
        return found

    def _read(self) -> _TokenFile:
        try:
            return _TokenFile.model_validate_json(self._path.read_bytes())
        except OSError as error:
            raise TokenFileError(f"the token file cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise TokenFileError(
                'the token file must be {"tokens": [{"token": "...", "namespaces": ["..."]}]}'
            ) from error
