"""What the alert webhook refuses, and in which words."""

from pathlib import Path

import pytest
from tests.unit.operator.observations import as_sent
from tests.unit.operator.reconcile.worlds import away
from tests.unit.operator.web.notifications import (
    DUPLICATE,
    NOT_OURS,
    OPENED,
    TOKEN,
    UNKNOWN,
    Post,
    alert,
    answered,
    make_loop,
    payload,
    result,
    run_name,
)

from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import TRAINING_RUNS


@pytest.mark.parametrize(
    ("authorization", "namespace", "status", "error"),
    [
        pytest.param("", "ml", 401, UNKNOWN, id="no token"),
        pytest.param("Bearer 0123456789abcdeX", "ml", 401, UNKNOWN, id="a wrong one"),
        pytest.param(f"Basic {TOKEN}", "ml", 401, UNKNOWN, id="a password"),
        pytest.param("Bearer ", "ml", 401, UNKNOWN, id="an empty one"),
        pytest.param(
            f"Bearer {TOKEN}",
            "else",
            403,
            "this token does not reach namespace 'else'",
            id="one for another namespace",
        ),
    ],
)
def test_alert_is_refused_with(
    post: Post, authorization: str, namespace: str, status: int, error: str
) -> None:
    world, api = make_loop()

    answers = post(world, [payload(alert())], namespace, authorization)

    assert answers == [(status, {"error": error})]
    assert api.calls == []


def test_unreadable_token_file_is_no_open_door(post: Post, token_file: Path) -> None:
    world, _ = make_loop()
    token_file.write_text("[]")

    assert post(world, [payload(alert())]) == [
        (503, {"error": "the operator cannot read its alert tokens; see its log"})
    ]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(b"", 400, "body: Invalid JSON", id="empty"),
        pytest.param(b"{", 400, "body: Invalid JSON", id="cut short"),
        pytest.param(b"[]", 400, "body: Input should be an object", id="a list"),
        pytest.param(b"\xff\xfe", 400, "body: Invalid JSON", id="no text"),
        pytest.param(
            payload(alert(), version="3"), 400, "version: Input should be '4'", id="of version 3"
        ),
        pytest.param(
            payload({"status": "firing"}), 400, "alerts.0.labels: Field required", id="incomplete"
        ),
        pytest.param(
            payload(alert(status="pending")), 400, "alerts.0.status", id="of a status of its own"
        ),
        pytest.param(
            payload(alert(**{f"l{index}": "x" for index in range(65)})),
            400,
            "alerts.0.labels: Dictionary should have at most 64 items",
            id="of too many labels",
        ),
        pytest.param(
            payload(alert(pipeline="x" * 4097)),
            400,
            "alerts.0.labels.pipeline: String should have at most 4096 characters",
            id="of too long a label",
        ),
        pytest.param(
            payload(*[alert()] * 1001),
            400,
            "alerts: Tuple should have at most 1000 items",
            id="of too many alerts",
        ),
        pytest.param(b"[" * 100_000, 400, "body: Invalid JSON", id="nested very deep"),
        pytest.param(
            b" " * (512 * 1024 + 1), 413, "the body must be at most 524288 bytes", id="too large"
        ),
        pytest.param(
            b" " * 1_048_576, 413, "the body must be at most 524288 bytes", id="of a megabyte"
        ),
    ],
)
def test_body_is_refused_that_is(post: Post, body: object, status: int, error: str) -> None:
    world, api = make_loop()

    [(code, answer)] = post(world, [body])

    assert code == status
    assert answer["error"].startswith(error)
    assert api.calls == []


def test_server_that_is_away_makes_alertmanager_come_again(post: Post) -> None:
    world, api = make_loop()
    api.answers["create TrainingRun"] = away()

    [(status, answer)] = post(world, [payload(alert())])
    del api.answers["create TrainingRun"]
    again = post(world, [payload(alert())])

    error = "the run could not be created yet: the API server is away"
    assert (status, answer) == (503, {"error": error})
    assert again == [answered(OPENED)]


def test_refused_run_makes_alertmanager_come_again(post: Post) -> None:
    world, api = make_loop()
    api.answers["create TrainingRun"] = Refused(403, "exceeded quota")

    assert post(world, [payload(alert())]) == [
        (503, {"error": "the API server refused the run: exceeded quota"})
    ]


def test_alerts_of_one_notification_are_answered_one_by_one(post: Post) -> None:
    world, _ = make_loop()

    answers = post(
        world, [payload(alert("x", "resolved"), alert("y", job="node"), alert(), alert())]
    )

    assert answers == [
        answered(
            result("Resolved", "a resolved alert opens no run", "x"),
            result("NotOurs", NOT_OURS, "y"),
            OPENED,
            DUPLICATE,
        )
    ]


def test_opened_run_is_the_one_that_the_pipeline_would_open(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert())])
    [run] = api.server.all(TRAINING_RUNS)

    assert as_sent(run)["metadata"]["name"] == run_name()
    assert len(run_name()) <= 40
