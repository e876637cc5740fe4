"""What can be set when the server starts: flags, else environment, else defaults."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidewheel_contracts.api.v1alpha1.serving_engine import EngineKind
from tidewheel_contracts.job import REQUEST_PATH, TERMINATION_PATH
from tidewheel_contracts.serving import GRPC_PORT, HTTP_PORT
from tidewheel_server.http.certificate import CertificateFiles

__all__ = ["Settings", "settings_from"]

_ANY_ENGINE = "auto"
_OFF = "off"
_LAST_PORT = 65535
_ENGINES = tuple(kind.lower() for kind in EngineKind)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve; what to serve is in the request file."""

    request_path: Path = Path(REQUEST_PATH)
    termination_path: Path = Path(TERMINATION_PATH)
    host: str = "0.0.0.0"  # noqa: S104 - a pod's server is there for the whole pod network
    port: int = HTTP_PORT
    grpc_port: int | None = GRPC_PORT  # None switches gRPC off
    tls: CertificateFiles | None = None
    body_limit_bytes: int = 16 * 1024 * 1024
    rows_limit: int = 100_000
    in_flight_limit: int = 64
    held_limit_bytes: int = 128 * 1024 * 1024
    connection_limit: int = 10_000
    idle_seconds: float = 75.0
    head_seconds: float = 10.0
    receive_seconds: float = 30.0
    drain_seconds: float = 5.0
    exit_seconds: float = 20.0
    store_patience_seconds: float = 120.0
    # The only kind that may serve beside scikit-learn; None for the fastest that is alike.
    engine: str | None = None


def settings_from(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings; a wrong flag or variable ends the program with a usage message."""
    default = Settings()
    parser = argparse.ArgumentParser(prog="tidewheel_server", description=__doc__)

    def add(flag: str, kind: type, value: object, text: str) -> None:
        # argparse converts defaults that are text, so a variable is checked as a flag is.
        variable = f"TIDEWHEEL_{flag.upper().replace('-', '_')}"
        parser.add_argument(
            f"--{flag}",
            type=kind,
            default=environment.get(variable, value),
            help=f"{text} (default %(default)s, or {variable})",
        )

    parser.add_argument("--request", type=Path, default=default.request_path)
    parser.add_argument("--termination-log", type=Path, default=default.termination_path)
    parser.add_argument("--host", default=default.host)
    parser.add_argument("--port", type=int, default=default.port)
    parser.add_argument(
        "--grpc-port",
        type=_port_or_off,
        default=environment.get("TIDEWHEEL_GRPC_PORT", default.grpc_port),
        help=f"port of gRPC, or {_OFF} (default %(default)s, or TIDEWHEEL_GRPC_PORT)",
    )
    for flag, text in (("certificate", "chain of certificates"), ("key", "its private key")):
        parser.add_argument(
            f"--tls-{flag}",
            type=Path,
            default=environment.get(f"TIDEWHEEL_TLS_{flag.upper()}"),
            help=f"PEM file for TLS: {text} (default none, or TIDEWHEEL_TLS_{flag.upper()})",
        )
    add("body-limit-bytes", int, default.body_limit_bytes, "largest request body")
    add("rows-limit", int, default.rows_limit, "most rows of one request")
    add("in-flight-limit", int, default.in_flight_limit, "large requests that may wait at once")
    add("held-limit-bytes", int, default.held_limit_bytes, "unanswered bodies of all connections")
    add("connection-limit", int, default.connection_limit, "connections at once")
    add("idle-seconds", float, default.idle_seconds, "time between requests of a connection")
    add("head-seconds", float, default.head_seconds, "time for the headers of a request")
    add("receive-seconds", float, default.receive_seconds, "time for the body of a request")
    add("drain-seconds", float, default.drain_seconds, "time to go on answering after SIGTERM")
    add("exit-seconds", float, default.exit_seconds, "time for open requests after that")
    add("store-patience-seconds", float, default.store_patience_seconds, "time to retry the store")
    parser.add_argument(
        "--engine",
        type=_engine,
        default=environment.get("TIDEWHEEL_ENGINE", _ANY_ENGINE),
        help=f"what predicts where it answers as scikit-learn does: {', '.join(_ENGINES)}, or "
        f"{_ANY_ENGINE} for the fastest (default %(default)s, or TIDEWHEEL_ENGINE)",
    )
    values = parser.parse_args(arguments)
    if (values.tls_certificate is None) != (values.tls_key is None):
        parser.error("--tls-certificate and --tls-key belong together: give both or none")
    return Settings(
        request_path=values.request,
        termination_path=values.termination_log,
        host=values.host,
        port=values.port,
        grpc_port=values.grpc_port,
        tls=values.tls_key and CertificateFiles(values.tls_certificate, values.tls_key),
        body_limit_bytes=values.body_limit_bytes,
        rows_limit=values.rows_limit,
        in_flight_limit=values.in_flight_limit,
        held_limit_bytes=values.held_limit_bytes,
        connection_limit=values.connection_limit,
        idle_seconds=values.idle_seconds,
        head_seconds=values.head_seconds,
        receive_seconds=values.receive_seconds,
        drain_seconds=values.drain_seconds,
        exit_seconds=values.exit_seconds,
        store_patience_seconds=values.store_patience_seconds,
        engine=values.engine,
    )


def _port_or_off(text: str) -> int | None:
    if text == _OFF:
        return None
    if not text.isdigit() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is no port number, and not '{_OFF}'")
    return int(text)


def _engine(text: str) -> str | None:
    if text == _ANY_ENGINE:
        return None
    if text not in _ENGINES:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no engine; take {_ANY_ENGINE}, {', '.join(_ENGINES)}"
        )
    return text
