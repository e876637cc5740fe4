"""A TCP proxy that cuts off one answer in the middle, as a network does."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["CuttingProxy", "running"]

_BLOCK_BYTES = 1 << 16


@dataclass
class CuttingProxy:
    """Passes everything on, until an answer is to be cut.

    Args:
        upstream: URL of the server behind.
        after_bytes: how many bytes of the next long answer to pass on; None cuts nothing.
        then: what to do right after the cut.
    """

    upstream: str
    endpoint: str = ""
    after_bytes: int | None = None
    then: Callable[[], None] = lambda: None
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is shut down."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            url = urlsplit(self.upstream)
            server = socket.create_connection((url.hostname or "", url.port or 80))
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        try:
            while block := server.recv(_BLOCK_BYTES):
                passed += len(block)
                if self._is_to_cut(passed):
                    break
                client.sendall(block)
        except OSError:
            return
        finally:
            _close(client, server)

    def _is_to_cut(self, passed: int) -> bool:
        with self.lock:
            if self.after_bytes is None or passed <= self.after_bytes:
                return False
            self.after_bytes = None
            self.cuts += 1
            self.then()
            return True


@contextmanager
def running(upstream: str, host: str = "127.0.0.1") -> Iterator[CuttingProxy]:
    """Run a proxy, on loopback unless told otherwise, in front of a server."""
    with socket.create_server((host, 0)) as listener:
        proxy = CuttingProxy(upstream, f"http://{host}:{listener.getsockname()[1]}")
        thread = threading.Thread(target=proxy.serve, args=(listener,))
        thread.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while block := source.recv(_BLOCK_BYTES):
            target.sendall(block)
    except OSError:
        return
    finally:
        _close(source, target)


def _close(*connections: socket.socket) -> None:
    for connection in connections:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
        finally:
            connection.close()
