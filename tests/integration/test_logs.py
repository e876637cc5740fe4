"""Whoever writes to the log of a real process, every line is one JSON object."""

import json

from tests.builders import make_dataset, make_store
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab
from tests.integration.local_server import LocalServer

FIELDS = {"time", "level", "logger", "message"}


def test_every_line_of_the_log_is_json_whoever_wrote_it(
    lab: Lab, make_operator: MakeOperator, local_server: LocalServer
) -> None:
    operator = make_operator()
    operator.start_ready()
    lab.create(make_store(), make_dataset())
    lab.wait_job("flights-")

    local_server.stop_api_server()
    lab.wait_for(
        "the Lease to be missed",
        lambda: None if "the Lease cannot be read" in operator.log() else operator.log()[-500:],
    )
    local_server.start_api_server()
    assert operator.terminate() == 0

    entries = [json.loads(line) for line in operator.log().splitlines()]
    writers = {entry["logger"].partition(".")[0] for entry in entries}
    assert writers >= {"tidewheel_operator", "kopf"}
    assert [entry for entry in entries if not entry.keys() >= FIELDS] == []
