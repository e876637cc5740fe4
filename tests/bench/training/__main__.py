"""Measure what a run costs beyond its fits: `make bench-training`. It judges nothing."""

import argparse
import itertools
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.figures import rounded
from tests.bench.training.flights import CATEGORICAL, NUMERIC, TARGET, TIME, write_flights
from tests.bench.training.process import Measured, measured, measured_together
from tests.bench.training.workspace import Workspace, workspace

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_dev import paths
from tidewheel_trainer.train.estimators import checked_parameters

_BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
_RATES = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
_LEAVES = (7, 11, 15, 23, 31, 47, 63, 95)
_PODS = 2


def main() -> int:
    """Measure, print and keep the figures."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tidewheel-bench-") as name:
        folder = Path(name)
        large, small = folder / "large", folder / "small"
        figures = {
            "rows": arguments.rows,
            "search_rows": arguments.search_rows,
            **_overhead(large, arguments.rows),
            **_search(small, arguments.search_rows),
        }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\nwritten to {arguments.output}\n")
    return 0


def _overhead(folder: Path, rows: int) -> dict[str, float]:
    """Compare a run with a script that reads, fits twice and scores; goal < 5 s + 5 %, < 1.3 x."""
    folder.mkdir()
    file = folder / "flights.parquet"
    write_flights(file, rows)
    parameters = {"max_iter": 200}
    bare = measured(_bare("fit", file, [_recipe(parameters)], 1), {})
    with workspace(folder, file, TARGET, TIME) as place:
        candidate = {"name": "boosting", "estimator": _BOOSTING, "parameters": parameters}
        run = measured(*place.program("train", "overhead", {"candidates": [candidate]}))
    return {
        "bare_seconds": rounded(bare.seconds),
        "run_seconds": rounded(run.seconds),
        "overhead_seconds": rounded(run.seconds - bare.seconds),
        "overhead_ratio": rounded(run.seconds / bare.seconds),
        "memory_ratio": rounded(run.peak_bytes / bare.peak_bytes),
    }


def _search(folder: Path, rows: int) -> dict[str, float]:
    """Compare the pods of a search with joblib on as many processes; goal < 1.2 x."""
    folder.mkdir()
    file = folder / "flights.parquet"
    write_flights(file, rows)
    recipes = [
        _recipe({"max_iter": 30, "learning_rate": rate, "max_leaf_nodes": leaves})
        for rate, leaves in itertools.product(_RATES, _LEAVES)
    ]
    bare = measured(_bare("search", file, recipes, _PODS), {})
    with workspace(folder, file, TARGET, TIME) as place:
        pods = _pods(place)
    return {
        "trials": len(recipes),
        "joblib_seconds": rounded(bare.seconds),
        "search_seconds": rounded(pods.seconds),
        "search_ratio": rounded(pods.seconds / bare.seconds),
    }


def _pods(place: Workspace) -> Measured:
    space = [
        {"parameter": "learning_rate", "choice": {"values": _RATES}},
        {"parameter": "max_leaf_nodes", "choice": {"values": _LEAVES}},
    ]
    training: dict[str, Any] = {
        "candidates": [
            {
                "name": "boosting",
                "estimator": _BOOSTING,
                "parameters": {"max_iter": 30},
                "space": space,
            }
        ],
        "search": {
            "method": "Grid",
            "trials": len(_RATES) * len(_LEAVES),
            "parallelism": _PODS,
        },
    }
    programs = [place.program("search", "search", training, index) for index in range(_PODS)]
    return measured_together(programs)


def _recipe(parameters: dict[str, Any]) -> Recipe:
    candidate = Candidate(name="boosting", estimator=_BOOSTING, parameters=parameters)
    return Recipe(
        candidate=candidate.name,
        estimator=_BOOSTING,
        parameters=checked_parameters(candidate),
        numeric=NUMERIC,
        categorical=CATEGORICAL,
        target=TARGET,
        time=TIME,
        seed=0,
    )


def _bare(what: str, rows: Path, recipes: list[Recipe], jobs: int) -> list[str]:
    file = rows.parent / "recipes.json"
    file.write_text(json.dumps([recipe.model_dump() for recipe in recipes]))
    return ["-m", "tests.bench.training.bare", what, str(rows), str(file), str(jobs)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.training", description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000, help="rows of the single run")
    parser.add_argument("--search-rows", type=int, default=60_000, help="rows of the search")
    output = paths.REPOSITORY / "build" / "bench-training.json"
    parser.add_argument("--output", type=Path, default=output, help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
