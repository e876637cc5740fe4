"""The way to the real API server, with the administrator's certificate."""

import ssl

import aiohttp
from tests.integration.local_server import LocalServer

__all__ = ["open_session", "url_of"]

# A line of a watch holds a whole object.
_LONGEST_LINE_BYTES = 4 * 1024 * 1024


def url_of(server: LocalServer) -> str:
    """Return where the server is."""
    return f"https://127.0.0.1:{server.port}"


def open_session(server: LocalServer) -> aiohttp.ClientSession:
    """Return a session; to be called where an event loop runs."""
    folder = server.folder / "pki"
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(str(folder / "admin.crt"), str(folder / "admin.key"))
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        read_bufsize=_LONGEST_LINE_BYTES,
        auto_decompress=False,
        # Asked for a compressed answer, the server gives one beyond 128 KiB.
        skip_auto_headers=("Content-Type", "Accept-Encoding"),
    )
