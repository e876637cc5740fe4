"""Run one Job: `python -m tidewheel_trainer PROGRAM`; `--help` lists them."""

import os
import sys

from tidewheel_trainer.thread_count import LIBRARY_VARIABLES, thread_count

# Numerical libraries read this when they are imported; the same number makes results repeatable.
for _variable in LIBRARY_VARIABLES:
    os.environ[_variable] = str(thread_count(os.environ))
# A thread that waits for others sleeps: on a busy node one that spins takes their processor, and a
# fit of two threads took a hundred times longer.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

from tidewheel_trainer.program import main  # noqa: E402  the threads must be set first

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
