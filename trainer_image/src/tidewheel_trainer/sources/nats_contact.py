"""Connect to a NATS server, and tell what a person must mend from what passes."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import nats.errors
from nats.aio.client import Client

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_streams import NatsSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.stream_loop import running_loop, tls_context, tls_fault

__all__ = ["closed", "connected", "refused"]

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 1.0
_NOT_ALLOWED = ("authorization violation", "permissions violation", "authentication")


async def connected(
    source: NatsSource, credentials: Mapping[str, str], complaints: list[str]
) -> Client:
    """Connect to the first server that answers.

    Args:
        source: the servers and how to encrypt.
        credentials: the Secret's keys and their values.
        complaints: takes up what the server says against us later on.

    Raises:
        AwayError: no server answers.
        TrainerError: SourceRefused, with what a person must mend.
    """
    faults: list[str] = []
    for server in source.servers:
        client = Client()
        errors: list[Exception] = []
        try:
            await client.connect(
                **_options(source, server, credentials, errors, complaints),
            )
            _check_encrypted(source, server)
        except (OSError, nats.errors.Error, TimeoutError) as error:
            await closed(client)
            _refuse_lasting(server, [*errors, error])
            faults.append(f"{server}: {_words((errors or [error])[-1])}")
            continue
        except TrainerError:
            await closed(client)
            raise
        return client
    raise AwayError(f"no server of stream {source.stream!r} answers ({'; '.join(faults)})")


async def closed(client: Client) -> None:
    """Close a connection, whatever state it is in."""
    # After a handshake that failed, the client waits for an answer that never comes.
    with contextlib.suppress(OSError, TimeoutError, nats.errors.Error):
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)


def refused(server: str, fault: str, cause: BaseException | None = None) -> NoReturn:
    """Tell what a person must mend.

    Raises:
        TrainerError: SourceRefused.
    """
    raise TrainerError(
        FailureReason.SOURCE_REFUSED, f"the NATS server {server} cannot be read: {fault}"
    ) from cause


def _options(
    source: NatsSource,
    server: str,
    credentials: Mapping[str, str],
    errors: list[Exception],
    complaints: list[str],
) -> dict[str, Any]:
    async def note(error: Exception) -> None:
        errors.append(error)
        if "permissions violation" in str(error).lower():
            complaints.append(str(error))

    def only_encrypted(secret: str) -> Callable[[], str]:
        def tell() -> str:
            # The client itself would send it in the clear to a server that asks for no TLS.
            _check_encrypted(source, server)
            return secret

        return tell

    return {
        "servers": [f"nats://{server}"],
        "name": "tidewheel",
        "error_cb": note,
        # We connect anew ourselves: after a break the consumer may be gone.
        "allow_reconnect": False,
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0,
        "connect_timeout": _CONNECT_SECONDS,
        "tls": tls_context(source.tls, credentials),
        **{key: only_encrypted(secret) for key, secret in _login(source, credentials).items()},
    }


def _login(source: NatsSource, credentials: Mapping[str, str]) -> dict[str, str]:
    if source.secret_name is None or set(credentials) == {"ca.crt"}:
        return {}
    if credentials.get("token"):
        return {"token": credentials["token"]}
    if credentials.get("username") and credentials.get("password"):
        return {"user": credentials["username"], "password": credentials["password"]}
    raise TrainerError(
        FailureReason.SOURCE_REFUSED,
        f"the Secret {source.secret_name!r} of the NATS source has neither the keys `username` and "
        "`password` nor the key `token`; add them",
    )


def _check_encrypted(source: NatsSource, server: str) -> None:
    if source.tls is not Tls.DISABLED and not running_loop().encrypted:
        refused(server, "it does not encrypt; let it use TLS, or set `tls: Disabled`")


def _refuse_lasting(server: str, errors: list[Exception]) -> None:
    for error in errors:
        if isinstance(error, ssl.SSLError):
            refused(server, tls_fault(error), error)
        if any(words in str(error).lower() for words in _NOT_ALLOWED):
            refused(server, f"it refuses the Secret's keys ({_words(error)})", error)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
