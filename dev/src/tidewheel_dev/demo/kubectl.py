"""Run kubectl against one cluster; what changes objects or is shown to a person goes through it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidewheel_dev import errors

__all__ = ["Kubectl"]


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The program and the cluster that it talks to."""

    program: Path
    kubeconfig: Path

    def argv(self, *arguments: str) -> list[str]:
        """Return the words of one call."""
        return [str(self.program), f"--kubeconfig={self.kubeconfig}", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run one call and return what it printed.

        Raises:
            DevError: kubectl failed; its own words are the reason.
        """
        done = subprocess.run(
            self.argv(*arguments), input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise errors.DevError(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout

    def apply(self, objects: Sequence[dict[str, Any]], namespace: str) -> None:
        """Create or change objects in one call."""
        whole = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        flags = ["--server-side", "--force-conflicts", "--filename=-"]
        self.run("apply", f"--namespace={namespace}", *flags, stdin=json.dumps(whole))
