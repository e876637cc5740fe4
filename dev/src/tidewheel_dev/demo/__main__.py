"""The command of the demo: `python -m tidewheel_dev demo`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from tidewheel_dev import errors, paths
from tidewheel_dev.demo import install, opening, place, record, screen, story
from tidewheel_dev.demo.context import NAMESPACE

__all__ = ["main"]

_RECORD = paths.REPOSITORY / "build/demo.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the whole demo and return the exit code."""
    parser = argparse.ArgumentParser(prog="tidewheel_dev demo", description=__doc__)
    parser.add_argument("--cluster", choices=opening.CLUSTERS, default="embedded")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        _run(options.cluster, started)
    except errors.DevError as err:
        print(f"the demo stopped: {err}", file=sys.stderr)
        return 1
    return 0


def _run(cluster: str, started: float) -> None:
    screen.heading("Tidewheel: a machine-learning loop that turns by itself")
    with opening.open_site(cluster) as site:
        token = install.install_operator(site, [NAMESPACE])
        demo = place.open_demo(site, NAMESPACE, token)
        found = story.tell(demo, started)
    record.write(found, _RECORD)
    minutes, seconds = divmod(round(found.seconds), 60)
    screen.say("")
    screen.say(f"{minutes} min {seconds} s; the numbers are in {_RECORD}")


if __name__ == "__main__":
    sys.exit(main())
