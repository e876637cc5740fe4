"""The command line of the development tools: `python -m tidewheel_dev`."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import sys
from collections.abc import Sequence

from rich import console, table

from tidewheel_dev import cluster, engine, errors, health, images, kind, paths, suite, toolchain

__all__ = ["main"]

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if words[:1] == ["demo"]:
            return _demo(words[1:])
        options = _parser().parse_args(words)
        return int(options.run(options))
    except errors.DevError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Everything can be started again as it is, so there is nothing to explain.
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidewheel_dev", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("cluster", help="start, stop or look at the embedded cluster")
    actions = one.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("up", _cluster_up, "start or repair it"),
        ("down", _cluster_down, "stop it and forget its objects, not its images"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--cluster", choices=("embedded", "kind"), default="embedded")
        action.set_defaults(run=run)
    actions.add_parser("status", help="say how it is").set_defaults(run=_cluster_status)

    one = commands.add_parser("images", help="build and import what changed")
    one.add_argument("--only", choices=images.NAMES, help="one image and what it needs")
    one.set_defaults(run=_images)

    one = commands.add_parser("tools", help="build or download every tool and print the paths")
    one.set_defaults(run=_tools)

    one = commands.add_parser("engine", help="compile the server's engine into this environment")
    one.set_defaults(run=_engine)

    one = commands.add_parser("test", help="run all tests and print minutes per part")
    one.add_argument("--long", action="store_true", help="every index and every seed")
    one.set_defaults(run=_test)

    commands.add_parser("demo", help="run the whole loop on real data", add_help=False)
    return parser


def _cluster_up(options: argparse.Namespace) -> int:
    if options.cluster == "kind":
        print(f"export KUBECONFIG={kind.up()}")
        return 0
    handle = cluster.up()
    print(f"export KUBECONFIG={handle.kubeconfig}\nalias kubectl={handle.kubectl}")
    return 0


def _cluster_down(options: argparse.Namespace) -> int:
    kind.down() if options.cluster == "kind" else cluster.down()
    return 0


def _cluster_status(options: argparse.Namespace) -> int:
    where = paths.cluster_paths()
    rows = table.Table(title=f"cluster {where.name}", title_justify="left")
    for column in ("process", "pid", "memory"):
        rows.add_column(column)
    for state in health.process_states(where):
        megabytes = f"{state.resident_bytes / 1e6:.0f} MB" if state.pid else "-"
        rows.add_row(state.name, str(state.pid or "-"), megabytes)
    console.Console().print(rows)
    problems = health.problems(where)
    print("\n".join(problems) if problems else f"healthy; KUBECONFIG={where.kubeconfig}")
    return 1 if problems else 0


def _images(options: argparse.Namespace) -> int:
    rows = table.Table()
    for column in ("image", "id", "size"):
        rows.add_column(column)
    for image in images.ensure(options.only):
        size = f"{image['sizeBytes'] / 1e6:.0f} MB"
        rows.add_row(image["name"], image["id"].removeprefix("sha256:")[:12], size)
    console.Console().print(rows)
    return 0


def _tools(options: argparse.Namespace) -> int:
    for name, file in dataclasses.asdict(toolchain.ensure()).items():
        print(f"{name:<12} {file}")
    return 0


def _engine(options: argparse.Namespace) -> int:
    engine.ensure()
    return 0


def _test(options: argparse.Namespace) -> int:
    return 0 if suite.run(long=options.long) else 1


def _demo(words: list[str]) -> int:
    # Loaded by name and late: the other commands must work without what the demo needs.
    demo = importlib.import_module("tidewheel_dev.demo.__main__")
    return int(demo.main(words) or 0)


if __name__ == "__main__":
    sys.exit(main())
