"""Collect more data than fits into memory: `make bench-data`. Prints figures; judges nothing."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.data.confined import confined
from tests.bench.data.flights import write_flights

from tidewheel_dev import paths

_GIB = 1 << 30


def main() -> int:
    """Measure; the exit code is 1 when the collection did not end well."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tidewheel-bench-", dir=arguments.scratch) as folder:
        source = Path(folder) / "source"
        source.mkdir()
        input_bytes = write_flights(source, int(arguments.gigabytes * 10**9))
        sys.stdout.write(f"{input_bytes:,} bytes of CSV in {len(list(source.iterdir()))} files\n")
        figures = confined(Path(folder), arguments.limit)
    if figures is None:
        return 1
    figures = {"input_bytes": input_bytes, "limit_bytes": arguments.limit, **figures}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(f"{json.dumps(figures)}\nwritten to {arguments.output}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.data", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="size of the source")
    parser.add_argument("--limit", type=int, default=_GIB, help="memory in bytes")
    parser.add_argument("--scratch", type=Path, help="folder for about six times the source")
    output = paths.REPOSITORY / "build" / "bench-data.json"
    parser.add_argument("--output", type=Path, default=output, help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
