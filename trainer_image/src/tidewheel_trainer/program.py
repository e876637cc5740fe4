"""The edge of the program: arguments in, termination message and exit code out, no traceback."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from tidewheel_contracts.job import (
    CREDENTIALS_PATH,
    REQUEST_PATH,
    TERMINATION_PATH,
    CollectRequest,
    ExitCode,
    Failure,
    FailureReason,
    ImportRequest,
    ProbeRequest,
    PruneRequest,
    ReduceRequest,
    SearchRequest,
    Store,
    TrainRequest,
)
from tidewheel_trainer import surroundings
from tidewheel_trainer.egress.installation import installed_guard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.message import Answer, termination_message
from tidewheel_trainer.progress import print_progress
from tidewheel_trainer.reports import report_address, reported
from tidewheel_trainer.request import read_request
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.opening import credentials_in, opened
from tidewheel_trainer.sources.secret import require_secret

__all__ = ["INTERNAL_ERROR", "main"]

# Any other code than those of job.ExitCode: perhaps the node's fault, so the Job may try again.
INTERNAL_ERROR = 1
_STANDARD_OUTPUT = Path("-")


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask, write the termination message, return the exit code."""
    options = _parser().parse_args(arguments)
    answer, exit_code = _answer(options.program, options.request)
    message = termination_message(answer)
    if options.result == _STANDARD_OUTPUT:
        # A file that is named /dev/stdout would lose what was written to it before.
        sys.stdout.write(f"{message}\n")
    else:
        options.result.write_text(message, encoding="utf-8")
    if isinstance(answer, Failure):
        print_progress("Failed", 100, f"{answer.reason}: {answer.message}")
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidewheel_trainer", description=__doc__)
    parser.add_argument("program", choices=tuple(_programs()))
    parser.add_argument("--request", type=Path, default=Path(REQUEST_PATH))
    parser.add_argument("--result", type=Path, default=Path(TERMINATION_PATH))
    return parser


def _answer(program: str, request_path: Path) -> tuple[Answer, int]:
    try:
        return _run(program, request_path), ExitCode.SUCCESS
    except TrainerError as error:
        return error.as_failure(), error.exit_code
    except Exception as error:  # the last line of defence: people get a sentence
        traceback.print_exc(file=sys.stderr)
        message = (
            f"tidewheel_trainer {program} stopped with an unexpected {type(error).__name__}; the "
            "container's log has the traceback, please report it"
        )
        return Failure(reason=FailureReason.INTERNAL, message=message), INTERNAL_ERROR


def _run(program: str, request_path: Path) -> Answer:
    return _programs()[program](request_path)


def _programs() -> dict[str, Callable[[Path], Answer]]:
    return {
        "collect": _collect,
        "import": _import,
        "probe": _probe,
        "prune": _prune,
        "ray-search": _ray_search,
        "ray-submit": _ray_submit,
        "reduce": _reduce,
        "search": _search,
        "train": _train,
    }


def _collect(request_path: Path) -> Answer:
    # Imported here: a collection needs no scikit-learn and starts a second earlier without it.
    from tidewheel_trainer.collect.collector import collect

    request = read_request(request_path, CollectRequest)
    around = surroundings.of_this_process()
    context = _context(request.store, around)
    require_secret(request.source, context.credentials)
    with opened(request.source, context) as connector:
        return collect(request, connector, context.store, around, print_progress)


def _probe(request_path: Path) -> Answer:
    from tidewheel_trainer.probe import probe

    request = read_request(request_path, ProbeRequest)
    context = _context(request.store, surroundings.of_this_process())
    require_secret(request.source, context.credentials)
    with opened(request.source, context) as connector:
        return probe(request, connector, context.store)


def _prune(request_path: Path) -> Answer:
    from tidewheel_trainer.prune import prune

    request = read_request(request_path, PruneRequest)
    around = surroundings.of_this_process()
    return prune(request, _context(request.store, around).store, around.now(), print_progress)


def _train(request_path: Path) -> Answer:
    from tidewheel_trainer.train.trainer import train

    request = read_request(request_path, TrainRequest)
    around = surroundings.of_this_process()
    store = _context(request.store, around).store
    with reported(os.environ, around.seconds) as progress:
        return train(request, store, around, progress)


def _search(request_path: Path) -> Answer:
    from tidewheel_trainer.search.pod import pod_of
    from tidewheel_trainer.search.searcher import search
    from tidewheel_trainer.search.searching import search_of

    request = read_request(request_path, SearchRequest)
    pod = pod_of(os.environ, search_of(request).parallelism)
    around = surroundings.of_this_process()
    store = _context(request.store, around).store
    with reported(os.environ, around.seconds) as progress:
        return search(request, store, around, progress, pod)


def _ray_search(request_path: Path) -> Answer:
    # Imported here: an image may leave Ray out.
    from tidewheel_trainer.on_ray.driver import search_on_ray

    return search_on_ray(read_request(request_path, SearchRequest), request_path)


def _ray_submit(_: Path) -> Answer:
    from tidewheel_trainer.on_ray.submitter import submit

    return submit(os.environ, surroundings.of_this_process())


def _reduce(request_path: Path) -> Answer:
    from tidewheel_trainer.search.reducer import reduce

    request = read_request(request_path, ReduceRequest)
    around = surroundings.of_this_process()
    store = _context(request.store, around).store
    with reported(os.environ, around.seconds) as progress:
        return reduce(request, store, around, progress)


def _import(request_path: Path) -> Answer:
    from tidewheel_trainer.train.importer import import_model

    request = read_request(request_path, ImportRequest)
    around = surroundings.of_this_process()
    store = _context(request.store, around).store
    with reported(os.environ, around.seconds) as progress:
        return import_model(request, store, around, progress)


def _context(reference: Store, around: surroundings.Surroundings) -> Context:
    """Return what sources are opened with; from here on the guard watches all connections."""
    guard = installed_guard(os.environ, *report_address(os.environ))
    return Context(
        store=S3Store(reference.spec, guard=guard),
        store_spec=reference.spec,
        credentials=credentials_in(Path(CREDENTIALS_PATH)),
        guard=guard,
        scratch=around.scratch,
    )
