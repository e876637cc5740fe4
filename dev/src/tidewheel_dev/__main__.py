"""The command line of the development tools: `python -m tidewheel_dev`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence

from rich import console, table

from tidewheel_dev import cluster, errors, health, images, paths, toolchain

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options, rest = _parser().parse_known_args(arguments)
    try:
        return int(options.run(options, rest))
    except errors.DevError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidewheel_dev", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("cluster", help="start, stop or look at the embedded cluster")
    actions = one.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("up", help="start or repair it").set_defaults(run=_cluster_up)
    actions.add_parser("down", help="stop it").set_defaults(run=_cluster_down)
    actions.add_parser("status", help="say how it is").set_defaults(run=_cluster_status)

    one = commands.add_parser("images", help="build and import what changed")
    one.add_argument("--only", choices=images.NAMES, help="one image and what it needs")
    one.set_defaults(run=_images)

    one = commands.add_parser("tools", help="build or download every tool and print the paths")
    one.set_defaults(run=_tools)
    return parser


def _cluster_up(options: argparse.Namespace, rest: list[str]) -> int:
    handle = cluster.up()
    print(f"export KUBECONFIG={handle.kubeconfig}\nalias kubectl={handle.kubectl}")
    return 0


def _cluster_down(options: argparse.Namespace, rest: list[str]) -> int:
    cluster.down()
    return 0


def _cluster_status(options: argparse.Namespace, rest: list[str]) -> int:
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


def _images(options: argparse.Namespace, rest: list[str]) -> int:
    rows = table.Table()
    for column in ("image", "id", "size"):
        rows.add_column(column)
    for image in images.ensure(options.only):
        size = f"{image['sizeBytes'] / 1e6:.0f} MB"
        rows.add_row(image["name"], image["id"].removeprefix("sha256:")[:12], size)
    console.Console().print(rows)
    return 0


def _tools(options: argparse.Namespace, rest: list[str]) -> int:
    for name, file in dataclasses.asdict(toolchain.ensure()).items():
        print(f"{name:<12} {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
