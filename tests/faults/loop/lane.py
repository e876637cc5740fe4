"""One operator behind its own proxy, in its own namespace, that is started again when it dies."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.loop.end_state import end_state
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Rule
from tests.faults.proxy.running import FaultProxy
from tests.integration.operator_process import OperatorProcess

__all__ = ["STEP_SECONDS", "Lane", "LateError", "NextRules", "no_rules"]

_TOKEN = "0123456789abcdef"
_POLL_SECONDS = 0.05
_EMPTY_SECONDS = 20.0
# What the server refuses is tried again after a minute.
STEP_SECONDS = 80.0
# Longer than any pause that the operator makes between two writes of one story.
_QUIET_SECONDS = 0.4
_MOST_SHOWN = 5


NextRules = Callable[[Record], Sequence[Rule]]


def no_rules(_: Record) -> Sequence[Rule]:
    """Let the rules be as they are when the operator starts again."""
    return ()


class LateError(AssertionError):
    """Something did not happen in time."""


class Lane:
    """The pieces of one namespace, to be used by one thread."""

    def __init__(
        self,
        cluster: Cluster,
        thread: LoopThread,
        folder: Path,
        namespace: str,
        **environment: str,
    ) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.actors = cluster.act_in(namespace)
        self.proxy = FaultProxy(cluster.server, thread, self._kill)
        tokens = folder / f"{namespace}-tokens.json"
        tokens.write_text(json.dumps({"tokens": [{"token": _TOKEN, "namespaces": [namespace]}]}))
        self.operator = OperatorProcess(
            self.proxy.write_kubeconfig(folder / f"{namespace}-kubeconfig"),
            folder,
            namespace,
            {"TIDEWHEEL_ALERT_TOKENS_FILE": str(tokens), **environment},
            name=f"operator-{namespace}",
        )
        self.rules_of_next_life: NextRules = no_rules
        # How long one step of a story may take.
        self.step_seconds = STEP_SECONDS
        self.ends: list[int] = []
        self.restart_seconds: list[float] = []

    def everything(self) -> dict[str, Any]:
        """Return the end of the story as far as it has come."""
        found = self.cluster.mirror.everything(self.namespace)
        return end_state([item for _, item in found], self.namespace)

    def wait_for(self, what: str, missing: Callable[[], str | None], seconds: float) -> None:
        """Wait for a fact, and start the operator again if it dies meanwhile.

        Its starts do not count: on a busy machine several at once take longer than what is awaited.
        """
        began = time.monotonic()
        while True:
            self.cluster.check()
            before = time.monotonic()
            self.keep_alive()
            began += time.monotonic() - before
            problem = missing()
            if problem is None:
                return
            if time.monotonic() > began + seconds:
                raise self._late(f"{what} not within {seconds:.0f} s: {problem}", began)
            self.cluster.mirror.wait(_POLL_SECONDS)

    def _late(self, words: str, began: float) -> LateError:
        """Return the error of what took too long; it owns up when the rig did not see well."""
        behind = [told for moment, told in self.cluster.mirror.corrections if moment > began]
        return LateError("; the mirror was behind: ".join((words, *behind[:_MOST_SHOWN])))

    def wait_rest(
        self, wanted: dict[str, Any] | None, seconds: float, quiet_seconds: float = _QUIET_SECONDS
    ) -> None:
        """Wait until nothing more is written and the end is as wanted."""

        def missing() -> str | None:
            if self.proxy.record.seconds_since_write() < quiet_seconds:
                return "writes go on"
            if self.cluster.seconds_since_act(self.namespace) < quiet_seconds:
                return "controllers are at work"
            if wanted is None or self.everything() == wanted:
                return None
            return "the end is another"

        self.wait_for("rest", missing, seconds)

    def keep_alive(self) -> None:
        """Start the operator when it does not run; a crash of its own is noted."""
        child = self.operator.child
        if child is not None and child.poll() is None:
            return
        if child is not None:
            self.ends.append(child.returncode)
            rules = self.rules_of_next_life(self.proxy.record)
            if rules:
                self.proxy.change_rules(rules)
        began = time.monotonic()
        self.operator.start_ready()
        self.restart_seconds.append(time.monotonic() - began)
        # What a new process writes, it writes after it is ready.
        self.proxy.record.last_write = time.monotonic()

    def renew(self) -> None:
        """Replace the operator, whatever it does."""
        self.operator.stop()
        self.operator.child = None

    def clear(self) -> None:
        """Empty the namespace and wait until the operator has nothing to say about it."""
        self.rules_of_next_life = no_rules
        self.proxy.obey()
        self.actors.bucket.labelled_rows = 1000
        began = time.monotonic()
        while left := self.cluster.mirror.everything(self.namespace):
            self.cluster.check()
            if time.monotonic() > began + _EMPTY_SECONDS:
                names = [f"{kind.kind} {item['metadata']['name']}" for kind, item in left]
                raise self._late(f"not empty: {', '.join(names[:_MOST_SHOWN])}", began)
            self.cluster.empty(self.namespace)
            self.cluster.mirror.wait(_POLL_SECONDS)
        self.wait_rest(None, _EMPTY_SECONDS, quiet_seconds=0.1)

    def post_alert(self, payload: dict[str, Any]) -> str:
        """Post an alert as Alertmanager does: again and again until it is answered 2xx."""
        answers: list[str] = []

        def missing() -> str | None:
            # A process that has died gives no answer; that is what Alertmanager repeats for.
            try:
                code, body = self.operator.post_alert(payload, _TOKEN)
            except ValueError:
                return "no answer"
            if code != 200:
                return f"{code} {body}"
            answers.append(body["results"][0]["outcome"])
            return None

        self.wait_for("an answer to the alert", missing, 30)
        return answers[0]

    def stop(self) -> None:
        """Leave nothing behind."""
        self.operator.stop()
        self.proxy.stop()

    def _kill(self) -> None:
        child = self.operator.child
        assert child is not None
        child.kill()
