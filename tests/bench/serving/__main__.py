"""Measure the model server beside its peers: `make bench-serving`. It judges nothing."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from tests.bench.serving import ours
from tests.bench.serving.cases import CASES, MODELS, Body, Case, Model, bodies, table_of
from tests.bench.serving.environments import python_of
from tests.bench.serving.load import Load, loaded
from tests.bench.serving.open_loop import latencies_ms
from tests.bench.serving.peers import PEERS, Launch, Peer
from tests.bench.serving.report import Figures, Start, show, write
from tests.bench.serving.running import running
from tests.servers.ports import free_ports

from tidewheel_dev import errors, paths, progress

_OPEN_LOOP_PER_SECOND, _OPEN_LOOP_SECONDS = 500, 20


def main() -> int:
    """Measure everything; the exit code is 1 when a server did not answer."""
    options = _arguments()
    peers = [peer for peer in PEERS if peer.name in options.peers]
    figures = Figures()
    try:
        with tempfile.TemporaryDirectory(prefix="tidewheel-bench-") as name:
            folder = Path(name)
            for model in MODELS:
                with progress.step(f"Tidewheel, {model.name}"):
                    _measure_ours(model, folder, figures)
            _write_tables(folder)
            for peer in peers:
                _measure_peer(peer, folder, figures)
    except errors.DevError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    show(figures, Console(width=120))
    write(figures, options.output)
    sys.stdout.write(f"written to {options.output}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving", description=__doc__)
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", nargs="*", default=names, choices=names, help="whom to compare")
    output = paths.REPOSITORY / "build" / "bench-serving.json"
    parser.add_argument("--output", type=Path, default=output, help="where to write the figures")
    return parser.parse_args()


def _measure_ours(model: Model, folder: Path, figures: Figures) -> None:
    with ours.published(model, folder) as (request, environment):
        place = folder / f"ours-{model.name}"
        place.mkdir()
        [port] = free_ports(1)
        arguments = ours.arguments(request, place, port)
        cases = _cases(model, ours.encode)
        first = cases[0]
        path = ours.path(first[0])
        with running(arguments, environment, port, path, first[1][0], place / "log") as server:
            figures.starts["tidewheel", model.name] = Start(
                server.start_cpu_seconds, server.memory_mb
            )
            for case, requests in cases:
                load = loaded(server.process, port, path, requests, place)
                figures.loads["tidewheel", case.name] = load
            figures.latencies[model.name] = latencies_ms(
                port, path, first[1], _OPEN_LOOP_PER_SECOND, _OPEN_LOOP_SECONDS
            )


def _measure_peer(peer: Peer, folder: Path, figures: Figures) -> None:
    python = python_of(peer)
    place = folder / peer.name
    place.mkdir()
    fit = Path(__file__).parent / "peer_apps/fit_models.py"
    subprocess.run([str(python), str(fit), str(folder), str(place)], check=True)
    for model in MODELS:
        cases = _cases(model, peer.encode)
        if not cases:
            continue
        try:
            with progress.step(f"{peer.name}, {model.name}"):
                _measure_model(peer, python, place, model, cases, figures)
        except errors.DevError as error:
            # One that takes no such model is told, and the others are measured all the same.
            figures.refusals[peer.name, model.name] = str(error)


def _measure_model(
    peer: Peer,
    python: Path,
    place: Path,
    model: Model,
    cases: list[tuple[Case, tuple[Body, ...]]],
    figures: Figures,
) -> None:
    # Some of them take the next two ports as well.
    port = free_ports(3)[0]
    launch = peer.launch(python, place, model.name, port)
    _prepare(launch)
    first_case, first_bodies = cases[0]
    with running(
        launch.arguments,
        launch.environment,
        port,
        peer.path(first_case),
        first_bodies[0],
        place / f"{model.name}.log",
    ) as server:
        start = Start(server.start_cpu_seconds, server.memory_mb)
        figures.starts[peer.name, model.name] = start
        for case, requests in cases:
            load: Load = loaded(server.process, port, peer.path(case), requests, place)
            figures.loads[peer.name, case.name] = load


def _prepare(launch: Launch) -> None:
    if launch.before:
        subprocess.run(launch.before, check=True, stdout=subprocess.DEVNULL)


def _cases(
    model: Model, encode: Callable[[Case, pd.DataFrame], Body | None]
) -> list[tuple[Case, tuple[Body, ...]]]:
    """Return the cases of a model that a server takes, each with its requests."""
    found = []
    for case in CASES:
        if case.model is not model:
            continue
        requests = bodies(case, lambda frame, case=case: encode(case, frame))
        if all(body is not None for body in requests):
            found.append((case, tuple(body for body in requests if body is not None)))
    return found


def _write_tables(folder: Path) -> None:
    """Write rows and labels of each model where the peers' own environments can read them."""
    for model in MODELS:
        frame, labels = table_of(model)
        rows = frame.astype(object).where(frame.notna(), None)
        document = {
            "columns": list(frame),
            "rows": rows.to_numpy().tolist(),
            "labels": np.asarray(labels).tolist(),
        }
        (folder / f"{model.name}.json").write_text(json.dumps(document))


if __name__ == "__main__":
    sys.exit(main())
