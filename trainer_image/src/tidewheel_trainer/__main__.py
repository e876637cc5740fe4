"""Run one Job: `python -m tidewheel_trainer collect|probe|prune|train|search|reduce`."""

import os
import sys

# Numerical libraries read this when they are imported; one thread makes results repeatable.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

from tidewheel_trainer.program import main  # noqa: E402  the threads must be set first

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
