"""A log line is one JSON object: about which object, what, where in the code, and no secret."""

import io
import json
import logging
import sys
import threading
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tidewheel_operator import logs

LOG = logging.getLogger("tidewheel_operator.tests")
SECRET = "Bearer abcdefgh-12345678"
METADATA = {"namespace": "shop", "name": "buyer-1", "uid": "u-1"}
REFERENCE = {"kind": "TrainingRun", **METADATA}


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return what the process prints, with logs set up; afterwards all is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Or the tests' own handlers would be closed.
    root.handlers = []
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs.set_up_logs()
    yield stream
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level


def _lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def _only(output: io.StringIO) -> dict[str, Any]:
    (line,) = _lines(output)
    return line


def test_record_about_an_object_names_it_in_a_field(output: io.StringIO) -> None:
    LOG.warning("tried %s", "again", extra=logs.about("TrainingRun", {**METADATA, "labels": {}}))

    line = _only(output)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "tidewheel_operator.tests",
        "message": "tried again",
        "object": REFERENCE,
    }


def test_uid_is_left_out_when_it_is_not_at_hand(output: io.StringIO) -> None:
    names = {"namespace": "shop", "name": "buyer-1"}

    LOG.info("seen", extra=logs.about("TrainingRun", names))

    assert _only(output)["object"] == {"kind": "TrainingRun", **names}


def test_reference_of_kopf_is_the_same_field(output: io.StringIO) -> None:
    logging.getLogger("kopf.objects").warning(
        "handler failed", extra={"k8s_ref": {"apiVersion": "tidewheel.dev/v1alpha1", **REFERENCE}}
    )

    assert _only(output)["object"] == REFERENCE


def test_record_about_no_object_has_no_such_field(output: io.StringIO) -> None:
    LOG.info("working")

    assert set(_only(output)) == {"time", "level", "logger", "message"}


def test_what_moves_a_terminal_or_breaks_a_line_is_escaped(output: io.StringIO) -> None:
    moving = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    # A line break and a colour, C1, line separators, marks of direction, half a character.
    assert set("\n\x1b\x7f\x9b\u2028\u2029\u202e\u2066\u200f\ud800") <= set(moving)
    text = "".join(moving)

    LOG.warning("%s", text, extra=logs.about("Dataset", {"name": text}))

    printed = output.getvalue()
    assert printed[-1] == "\n"
    assert all(" " <= character <= "~" for character in printed[:-1])
    # Neighbouring surrogates are read as one character: compare as UTF-16 does.
    line = _only(output)
    assert _utf16(line["message"]) == _utf16(line["object"]["name"]) == _utf16(text)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16", "surrogatepass")


def test_traceback_is_one_field(output: io.StringIO) -> None:
    try:
        raise ValueError(f"refused with {SECRET}")
    except ValueError:
        LOG.exception("failed", stack_info=True)

    line = _only(output)
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: refused with Bearer ***")
    assert "in test_traceback_is_one_field" in line["stack"]


@pytest.mark.parametrize("library", ["aiohttp.client", "kubernetes.aio.client.rest", "asyncio"])
def test_secret_that_a_library_logs_is_hidden(library: str, output: io.StringIO) -> None:
    headers = {"Authorization": SECRET, "Accept": "application/json"}
    url = "https://user:password@host/path"

    logging.getLogger(library).warning("GET %s with %r", url, headers)

    assert _only(output)["message"] == (
        "GET https://***@host/path with {'Authorization': '***', 'Accept': 'application/json'}"
    )


def test_secret_in_a_reference_is_hidden(output: io.StringIO) -> None:
    LOG.warning("seen", extra=logs.about("Dataset", {"name": SECRET}))

    assert _only(output)["object"]["name"] == "Bearer ***"


def test_record_whose_values_do_not_fit_is_logged_as_it_is(output: io.StringIO) -> None:
    # Straight to our handler: the one of pytest raises.
    (ours,) = [one for one in logging.getLogger().handlers if getattr(one, "stream", 0) is output]

    ours.handle(LOG.makeRecord("aiohttp", logging.WARNING, "", 1, "%d tries", (SECRET,), None))

    assert _only(output)["message"] == "%d tries ('Bearer ***',)"


def test_warning_becomes_a_record(output: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"old: {SECRET}", stacklevel=1)

    line = _only(output)
    assert (line["level"], line["logger"]) == ("WARNING", "py.warnings")
    assert "UserWarning: old: Bearer ***" in line["message"]


def test_error_that_nobody_caught_becomes_a_record(output: io.StringIO) -> None:
    error = OSError(f"no connection with {SECRET}")

    sys.excepthook(OSError, error, None)

    line = _only(output)
    assert line["level"] == "CRITICAL"
    assert line["message"] == "the process ends: no connection with Bearer ***"
    assert line["traceback"] == "OSError: no connection with Bearer ***"


def test_end_of_a_thread_becomes_a_record(output: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError("gone")

    thread = threading.Thread(target=fail, name="kopf")
    thread.start()
    thread.join()

    line = _only(output)
    assert (line["level"], line["message"]) == ("CRITICAL", "thread kopf has ended: gone")
    assert line["traceback"].endswith("RuntimeError: gone")


def test_chatter_is_left_out(output: io.StringIO) -> None:
    logging.getLogger("kopf.activities").info("activity done")
    logging.getLogger("aiohttp.access").info("GET /readyz")
    logging.getLogger("kubernetes").debug("response body")

    assert _lines(output) == []
