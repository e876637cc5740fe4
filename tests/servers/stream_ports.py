"""Ports and certificates of the servers of streams, on loopback."""

import datetime as dt
import socket
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tidewheel_dev import pki

__all__ = ["free_port", "listens", "write_certificate"]

_ADDRESS = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def listens(child: "subprocess.Popen[bytes] | None", port: int, log: Path) -> str | None:
    """Return why nobody can connect to a child's port yet, or None when one can.

    Raises:
        RuntimeError: with the end of the log, when the child has ended.
    """
    if child is None or child.poll() is not None:
        raise RuntimeError(f"the server has ended: {log.read_text(errors='replace')[-2000:]}")
    with socket.socket() as probe:
        probe.settimeout(1)
        failed = probe.connect_ex((_ADDRESS, port))
    return f"port {port} refuses connections ({failed})" if failed else None


def write_certificate(folder: Path) -> None:
    """Write server.key, server.crt, and ca.crt of the authority that the certificate is from."""
    names = pki.Identity("server", dns_names=("localhost",), addresses=(_ADDRESS,))
    pki.write(folder, pki.files({"server": names}, dt.datetime.now(dt.UTC)))
    file = folder / "server.key"
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    # Kafka reads keys in this format only.
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
