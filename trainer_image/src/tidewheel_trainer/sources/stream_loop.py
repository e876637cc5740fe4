"""An event loop for clients of streams, which opens connections to allowed addresses only.

The clients connect by themselves: to the servers they were given, and to those that these name. All
of them do it through their loop, so that here is where the guard is asked.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Guard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.retrying import AwayError

__all__ = ["GuardedLoop", "StreamRunner", "running_loop", "tls_context", "tls_fault"]

Answer = TypeVar("Answer")
# For what is given up to close its connections.
_SECONDS_TO_END = 5.0


class GuardedLoop(asyncio.SelectorEventLoop):
    """Asks the guard for the address of every host that something connects to."""

    def __init__(self, guard: Guard) -> None:
        """Remember the guard; no host has been refused yet."""
        super().__init__()
        self._guard = guard
        self.refusal: asyncio.Future[TrainerError] = self.create_future()
        # Whether the newest connection is.
        self.encrypted = False

    async def create_connection(
        self,
        protocol_factory: Callable[[], Any],
        host: Any = None,  # noqa: ANN401  as asyncio has it
        port: Any = None,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> tuple[asyncio.Transport, Any]:
        """Connect to the address that the guard gives; TLS still proves the host's name."""
        try:
            address = await self.run_in_executor(None, self._guard.address_of, host, port)
        except TrainerError as error:
            if error.reason is not FailureReason.SOURCE_UNAVAILABLE and not self.refusal.done():
                self.refusal.set_result(error)
            # Clients take an OSError as a server that cannot be reached.
            raise OSError(error.message) from error
        self.encrypted = False
        if options.get("ssl"):
            options.setdefault("server_hostname", host)
        made = await super().create_connection(protocol_factory, address, port, **options)
        self.encrypted = bool(options.get("ssl"))
        return made

    async def start_tls(
        self,
        *arguments: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> asyncio.Transport | None:
        """Encrypt a connection that is there."""
        made = await super().start_tls(*arguments, **options)
        self.encrypted = True
        return made


class StreamRunner:
    """Runs what a client does, one thing after the other, each within a time."""

    def __init__(self, guard: Guard) -> None:
        """Make the loop."""
        self._runner = asyncio.Runner(loop_factory=lambda: GuardedLoop(guard))

    def run(self, work: Coroutine[Any, Any, Answer], *, seconds: float, what: str) -> Answer:
        """Return what the work returns.

        Args:
            work: what a client does.
            seconds: after which it is given up.
            what: what was asked, as in "kafka:9092 did not answer: ...".

        Raises:
            AwayError: when it took too long.
            TrainerError: SourceForbidden, as soon as a client tries to reach a refused host.
        """
        return self._runner.run(_guarded(work, seconds, what))

    def close(self) -> None:
        """End what still runs, and close the loop."""
        self._runner.close()


def running_loop() -> GuardedLoop:
    """Return the loop that runs this; only for what a StreamRunner runs."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, GuardedLoop):
        raise TypeError("only a StreamRunner runs this")
    return loop


async def _guarded(work: Coroutine[Any, Any, Answer], seconds: float, what: str) -> Answer:
    loop = running_loop()
    task = loop.create_task(work)
    awaited: set[asyncio.Future[Any]] = {task, loop.refusal}
    await asyncio.wait(awaited, timeout=seconds, return_when="FIRST_COMPLETED")
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_SECONDS_TO_END)
    ended = task.done() and not task.cancelled()
    if loop.refusal.done():
        if ended:
            task.exception()  # asked for, so that it is not told as forgotten
        raise loop.refusal.result()
    if not ended:
        raise AwayError(f"{what} did not answer within {seconds:.0f} seconds")
    return task.result()


def tls_context(tls: Tls, credentials: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return how a connection is encrypted; None for not at all.

    Raises:
        TrainerError: SourceRefused, when the Secret's `ca.crt` holds no certificate.
    """
    if tls is Tls.DISABLED:
        return None
    if tls is Tls.ENCRYPTED:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cadata=credentials.get("ca.crt"))
    except (ssl.SSLError, ValueError) as error:
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            f"`ca.crt` in the source's Secret is not a certificate as PEM text ({error}); replace "
            "it by the certificate of the authority that the servers' certificates are from",
        ) from error


def tls_fault(error: ssl.SSLError) -> str:
    """Return in words why TLS failed, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}); put the certificate of its "
            "authority into the Secret as `ca.crt`, or correct its name in `servers`"
        )
    return f"it does not speak TLS as we do ({error.reason or error}); correct `tls` or the port"
