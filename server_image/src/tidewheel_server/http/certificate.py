"""The server's certificate for TLS: read from files, and read again when they have changed."""

import ssl
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CertificateError", "CertificateFiles", "Pem", "ServerCertificate"]


class CertificateError(Exception):
    """The files hold no certificate and key that belong together."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A chain of certificates and its private key, both as PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Pem:
    """What the files held when they fitted together last."""

    certificate: bytes
    key: bytes


class ServerCertificate:
    """What proves the server to its clients.

    `context` is for the connections of HTTP; `pem` is for whoever makes contexts of its own.
    """

    def __init__(self, files: CertificateFiles) -> None:
        """Read the files.

        Raises:
            CertificateError: they cannot be read, or do not belong together.
        """
        self._files = files
        self._stamp = _stamp_of(files)
        self.context = _context(files)
        self.context.set_alpn_protocols(["http/1.1"])
        self.pem = _pem(files)

    def reload_if_changed(self) -> bool:
        """Take the files' new content for connections to come; tell whether there was any.

        Raises:
            CertificateError: it does not fit together; what was read before goes on, and the files
                are looked at again when they change once more.
        """
        stamp = _stamp_of(self._files)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        _context(self._files)  # tried apart, so that half a change never reaches the clients
        _load(self.context, self._files)
        self.pem = _pem(self._files)
        return True


def _stamp_of(files: CertificateFiles) -> tuple[tuple[int, int], ...]:
    """Return what is another when a file, or where a link points, has changed; 0 for a gap."""
    return tuple(
        (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else (0, 0)
        for path in (files.certificate, files.key)
    )


def _context(files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, files)
    return context


def _load(context: ssl.SSLContext, files: CertificateFiles) -> None:
    try:
        # Without a password an encrypted key would ask for one at the terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (OSError, ValueError) as error:
        raise _misfit(files, error) from error


def _pem(files: CertificateFiles) -> Pem:
    try:
        return Pem(files.certificate.read_bytes(), files.key.read_bytes())
    except OSError as error:
        raise _misfit(files, error) from error


def _misfit(files: CertificateFiles, error: Exception) -> CertificateError:
    return CertificateError(f"{files.certificate} and {files.key} are no pair for TLS: {error}")
