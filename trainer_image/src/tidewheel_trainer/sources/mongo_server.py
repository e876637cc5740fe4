"""One server of MongoDB's protocol: how it is connected to, and what its faults mean to people."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    CursorNotFound,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.retrying import AwayError

__all__ = ["Client", "connected", "explained_faults"]

Client = MongoClient[RawBSONDocument]
_CONNECT_MILLISECONDS = 10_000
_ANSWER_MILLISECONDS = 120_000
# Unauthorized, UserNotFound, AuthenticationFailed, AtlasError.
_REFUSED = frozenset({11, 13, 18, 8000})
# QueryPlanKilled: what was read was dropped; the rest: a server that stops or steps down.
_PASSING = frozenset({175, 91, 189, 11600, 11602, 10107, 13435, 13436, 43})
_AWAY = (AutoReconnect, CursorNotFound, ExecutionTimeout, NetworkTimeout)


def connected(source: MongoSource, context: Context) -> Client:
    """Return a client of the first server that answers and holds data.

    Each is connected to directly: the members that a replica set names itself may be anywhere.

    Raises:
        AwayError: none answers now.
        TrainerError: SourceForbidden, when one may not be connected to; SourceRefused.
    """
    login = _login(source, context.credentials)
    fault: AwayError | None = None
    for server in source.servers:
        host, _, port = server.rpartition(":")
        address = context.guard.address_of(host, int(port))
        client = _client(source, context, host, address, int(port), login)
        try:
            with explained_faults(source):
                told = client.admin.command("hello")
                if told.get("isWritablePrimary") or told.get("secondary"):
                    return client
            fault = AwayError(f"the server '{server}' holds no data now: it says so itself")
        except AwayError as error:
            fault = error
        except BaseException:
            client.close()
            raise
        client.close()
    assert fault is not None  # noqa: S101 - a source names a server
    raise fault


@contextmanager
def explained_faults(source: MongoSource) -> Iterator[None]:
    """Turn what pymongo raises into AwayError, for what may pass, or TrainerError."""
    where = ", ".join(source.servers)
    try:
        yield
    except _AWAY as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"the server's certificate at {where} is not trusted ({_short(error)}); put the "
                "certificate of its authority into the Secret as 'ca.crt', or correct the name in "
                "`source.mongo.servers`",
            ) from error
        raise AwayError(f"no server of {where} answers ({_short(error)})") from error
    except OperationFailure as error:
        if error.code in _PASSING:
            raise AwayError(f"the server at {where} broke off ({_short(error)})") from error
        if error.code in _REFUSED:
            raise _credentials_refused(source, error) from error
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"the server at {where} refuses the query ({_short(error)}); correct "
            "`source.mongo.filter`, `database` or `collection`",
        ) from error
    except InvalidBSON as error:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"the collection '{source.collection}' has a document that is broken "
            f"({_short(error)}); write it again or remove it",
        ) from error
    except (ConfigurationError, PyMongoError) as error:
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"the server at {where} cannot be used ({_short(error)}); correct `source.mongo`",
        ) from error


def _credentials_refused(source: MongoSource, error: OperationFailure) -> TrainerError:
    secret = f"Secret '{source.secret_name}'" if source.secret_name else "no Secret"
    return TrainerError(
        FailureReason.SOURCE_REFUSED,
        f"the server at {', '.join(source.servers)} refuses {secret} for "
        f"'{source.database}.{source.collection}' ({_short(error)}); check `username` and "
        "`password`, `authSource` when the user is of another database than 'admin', and the "
        "right to read the database",
    )


def _login(source: MongoSource, credentials: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that log in; without a name there is no login."""
    username = credentials.get("username")
    if username is None and "password" not in credentials:
        return {}
    for key in ("username", "password"):
        if not credentials.get(key):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"Secret '{source.secret_name}' must have the key {key!r}",
            )
    return {
        "username": username,
        "password": credentials["password"],
        "authSource": credentials.get("authSource", "admin"),
    }


def _client(
    source: MongoSource,
    context: Context,
    host: str,
    address: str,
    port: int,
    login: Mapping[str, Any],
) -> Client:
    # A certificate proves a name, so then the name is what the library must connect to; the
    # process's hook judges the address that it finds. Otherwise it is the address that was judged.
    target = host if source.tls is Tls.VERIFIED else address
    with explained_faults(source):
        return MongoClient(
            host=f"[{target}]" if ":" in target else target,
            port=port,
            directConnection=True,
            document_class=RawBSONDocument,
            serverSelectionTimeoutMS=_CONNECT_MILLISECONDS,
            connectTimeoutMS=_CONNECT_MILLISECONDS,
            socketTimeoutMS=_ANSWER_MILLISECONDS,
            appname="tidewheel",
            **login,
            **_tls(source, context),
        )


def _tls(source: MongoSource, context: Context) -> dict[str, Any]:
    if source.tls is Tls.DISABLED:
        return {"tls": False}
    if source.tls is Tls.ENCRYPTED:
        return {"tls": True, "tlsInsecure": True}
    authority = context.credentials.get("ca.crt")
    if authority is None:
        return {"tls": True}
    try:
        ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"the key 'ca.crt' of Secret '{source.secret_name}' is not a certificate in PEM "
            f"({_short(error)}); put the certificate of the server's authority there",
        ) from error
    file: Path = context.scratch / "mongo-ca.crt"
    file.write_text(authority, encoding="utf-8")
    return {"tls": True, "tlsCAFile": str(file)}


def _short(error: Exception) -> str:
    text = str(error).split(", full error:")[0].split(", Timeout:")[0]
    return text.split(" (configured timeouts")[0][:200]
