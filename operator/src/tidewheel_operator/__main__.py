"""Start of the operator process: `python -m tidewheel_operator`."""

import os
import sys

import uvloop

from tidewheel_operator.kopf_adapter.source import KopfEventSource
from tidewheel_operator.logs import set_up_logs
from tidewheel_operator.process import run_process
from tidewheel_operator.settings import SettingsError, settings_from


def main() -> int:
    """Run until told to stop; the exit code is 0 then, and 1 after a failure."""
    set_up_logs()
    try:
        settings = settings_from(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"tidewheel-operator: {error}\n")
        return 2
    source = KopfEventSource(settings.watch_namespaces, settings.pod_name)
    return uvloop.run(run_process(settings, source))


if __name__ == "__main__":
    sys.exit(main())
