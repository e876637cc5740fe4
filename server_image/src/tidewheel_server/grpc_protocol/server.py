"""The gRPC server of one model: started after HTTP listens, stopped when it drains."""

import grpc

from tidewheel_server.application import Application, RequestLimits
from tidewheel_server.grpc_protocol.health import health_handlers
from tidewheel_server.grpc_protocol.reflection import reflection_handlers
from tidewheel_server.grpc_protocol.service import inference_handlers
from tidewheel_server.http.certificate import Pem, ServerCertificate
from tidewheel_server.model_state import Identity

__all__ = ["start_grpc"]

# Beyond so many calls at once a client is told to come again (RESOURCE_EXHAUSTED).
_CALLS_AT_ONCE = 1024


async def start_grpc(
    application: Application,
    identity: Identity,
    limits: RequestLimits,
    *,
    address: str,
    certificate: ServerCertificate | None,
    server_version: str,
) -> tuple[grpc.aio.Server, int]:
    """Return the running server and its port.

    Raises:
        OSError: the address cannot be listened on.
    """
    server = grpc.aio.server(
        options=(
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_send_message_length", -1),
            # Another server on the same port would take half of the calls without a word.
            ("grpc.so_reuseport", 0),
        ),
        maximum_concurrent_rpcs=_CALLS_AT_ONCE,
    )
    server.add_generic_rpc_handlers(
        (
            inference_handlers(
                application, identity, rows_limit=limits.rows, server_version=server_version
            ),
            health_handlers(application),
            *reflection_handlers(),
        )
    )
    try:
        port = _listen(server, address, certificate)
    except RuntimeError as error:
        raise OSError(str(error)) from error
    await server.start()
    return server, port


def _listen(server: grpc.aio.Server, address: str, certificate: ServerCertificate | None) -> int:
    if certificate is None:
        port: int = server.add_insecure_port(address)
        return port
    shown = certificate.pem

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        """Return the certificate for a new connection, if it is another than the last one's."""
        nonlocal shown
        if certificate.pem == shown:
            return None
        shown = certificate.pem
        return _configuration(shown)

    credentials = grpc.dynamic_ssl_server_credentials(_configuration(shown), renewed)
    secure_port: int = server.add_secure_port(address, credentials)
    return secure_port


def _configuration(pem: Pem) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(pem.key, pem.certificate)])
