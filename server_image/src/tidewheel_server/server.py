"""Runs one server from the first listening socket to the exit code."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from tidewheel_contracts.job import ExitCode, Failure, FailureReason
from tidewheel_contracts.serving import ServeRequest
from tidewheel_server.application import Application, RequestLimits
from tidewheel_server.drain import CallServer, drain
from tidewheel_server.http.certificate import CertificateError, ServerCertificate
from tidewheel_server.http.connection import ConnectionTimes, HttpConnection
from tidewheel_server.http.connections import ConnectionLimits, ConnectionTable
from tidewheel_server.http.parser import MessageLimits
from tidewheel_server.loading.patience import load_with_patience, retry_delays
from tidewheel_server.log import log, log_defect
from tidewheel_server.model_state import Failed, Identity, ModelState, Ready, ServedModel
from tidewheel_server.settings import Settings

__all__ = ["exit_code_of", "identity_of", "serve"]

_SWEEP_SECONDS = 1.0
# As many clients may connect at the same moment; the kernel's own limit is mostly 4,096.
_BACKLOG = 2048


async def serve(request: ServeRequest, settings: Settings, server_version: str) -> Failure | None:
    """Serve until SIGTERM; return why the model could not be served, if so."""
    loop = asyncio.get_running_loop()
    identity = identity_of(request)
    limits = RequestLimits(settings.body_limit_bytes, settings.rows_limit, settings.in_flight_limit)
    application = Application(identity, limits, server_version, loop.call_later)
    connections = ConnectionTable(
        ConnectionLimits(settings.connection_limit, settings.held_limit_bytes)
    )
    loop.set_exception_handler(_log_loop_error)
    terminated = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, terminated.set)
    new_connection = partial(
        HttpConnection,
        application,
        connections,
        MessageLimits(settings.body_limit_bytes),
        ConnectionTimes(
            idle_seconds=settings.idle_seconds,
            head_seconds=settings.head_seconds,
            receive_seconds=settings.receive_seconds,
        ),
        loop,
    )
    try:
        certificate = None if settings.tls is None else ServerCertificate(settings.tls)
        listener = await loop.create_server(
            new_connection,
            settings.host,
            settings.port,
            backlog=_BACKLOG,
            ssl=None if certificate is None else certificate.context,
            ssl_handshake_timeout=None if certificate is None else settings.head_seconds,
        )
    except (OSError, CertificateError) as error:
        return Failure(reason=FailureReason.INTERNAL, message=f"The server cannot listen: {error}")
    sweeping = asyncio.create_task(_sweep(connections, certificate))
    log("listening", port=listener.sockets[0].getsockname()[1])
    try:
        call_servers = await _start_grpc(
            application, identity, limits, settings, certificate, server_version
        )
    except OSError as error:
        return Failure(reason=FailureReason.INTERNAL, message=f"The server cannot listen: {error}")
    loading = asyncio.create_task(_load(application, request, identity, settings))
    ending = asyncio.create_task(terminated.wait())
    await asyncio.wait((loading, ending), return_when=asyncio.FIRST_COMPLETED)
    if loading.done():
        state = loading.result()
        if isinstance(state, Failed):
            return state.failure
    await ending
    loading.cancel()
    await drain(
        application,
        connections,
        listener,
        call_servers,
        drain_seconds=settings.drain_seconds,
        exit_seconds=settings.exit_seconds,
    )
    sweeping.cancel()
    return None


async def _start_grpc(
    application: Application,
    identity: Identity,
    limits: RequestLimits,
    settings: Settings,
    certificate: ServerCertificate | None,
    server_version: str,
) -> Sequence[CallServer]:
    """Return the gRPC server, if there shall be one; it listens before the model is ready.

    Raises:
        OSError: its port is taken.
    """
    if settings.grpc_port is None:
        return ()
    # Imported here: whoever switches gRPC off pays nothing for it.
    from tidewheel_server.grpc_protocol.server import start_grpc

    server, port = await start_grpc(
        application,
        identity,
        limits,
        address=f"{settings.host}:{settings.grpc_port}",
        certificate=certificate,
        server_version=server_version,
    )
    log("listening for gRPC", port=port)
    return (server,)


def identity_of(request: ServeRequest) -> Identity:
    """Return what the server answers as."""
    return Identity(
        model_name=request.model_name,
        version=str(request.version_number),
        version_name=request.version_name,
        artifact_digest=request.artifact_digest,
    )


def exit_code_of(failure: Failure | None) -> int:
    """Return the exit code that tells the kubelet's user whose trouble it is."""
    if failure is None:
        return ExitCode.SUCCESS
    if failure.reason is FailureReason.STORE_UNAVAILABLE:
        return ExitCode.STORE_UNAVAILABLE
    return ExitCode.USER_ERROR


async def _load(
    application: Application, request: ServeRequest, identity: Identity, settings: Settings
) -> ModelState:
    started = time.monotonic()

    def show(state: ModelState) -> None:
        application.state = state

    state = await load_with_patience(
        partial(_load_from_store, request, identity, settings.engine),
        show,
        retry_delays(settings.store_patience_seconds),
    )
    application.metrics.load_seconds = time.monotonic() - started
    application.state = state
    if isinstance(state, Ready):
        log(
            "ready",
            model=identity.model_name,
            version=identity.version,
            digest=identity.artifact_digest,
            engine=state.model.engine.platform,
            refused_engines={each.engine: each.reason for each in state.model.refused},
            load_seconds=round(application.metrics.load_seconds, 3),
        )
    return state


def _load_from_store(request: ServeRequest, identity: Identity, engine: str | None) -> ServedModel:
    # Imported here, in the loading thread: boto3 and scikit-learn take seconds to import, and the
    # liveness probe is answered meanwhile.
    from tidewheel_server.loading.artifact_files import fetch_artifact
    from tidewheel_server.loading.store import S3Store

    artifact = fetch_artifact(request, S3Store(request.store.spec, os.environ))

    from tidewheel_server.loading.artifact_loader import load_model

    return load_model(artifact, identity, engine)


def _log_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, Exception):
        log_defect(context["message"], error)
    else:
        log("event loop", message=context["message"])


async def _sweep(connections: ConnectionTable, certificate: ServerCertificate | None) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        connections.close_overdue(loop.time())
        if certificate is not None:
            _reload(certificate)


def _reload(certificate: ServerCertificate) -> None:
    try:
        if certificate.reload_if_changed():
            log("certificate reloaded")
    except CertificateError as error:
        log("certificate not reloaded", error=str(error))
