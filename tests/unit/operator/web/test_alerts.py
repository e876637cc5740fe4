"""The alert webhook: answered 2xx only when everything that the alerts ask for is durable."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.builders import (
    NOW,
    Object,
    make_dataset,
    make_pipeline,
    make_run,
    make_snapshot,
    time_text,
)
from tests.unit.operator.observations import as_sent
from tests.unit.operator.policies.loops import learned
from tests.unit.operator.reconcile.worlds import NotingApi, away, events, make_world

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.training_run import Cause, Stage, TrainingRunStatus
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import MODEL_PIPELINES, TRAINING_RUNS
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app

TOKEN = "0123456789abcdef"
GROUP = '{}:{alertname="Slump"}'
UNKNOWN = "a known bearer token is needed"
Answer = tuple[int, Any]


def alert(fingerprint: str = "a1", status: str = "firing", **own_labels: str) -> Object:
    """Return an alert as Alertmanager 0.25 sends it."""
    return {
        "status": status,
        "labels": own_labels or {"pipeline": "flight-delay"},
        "annotations": {"summary": "roc_auc fell"},
        "startsAt": "2026-11-21T11:58:00.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.test/graph",
        "fingerprint": fingerprint,
    }


def payload(*alerts: Object, **changes: Any) -> Object:
    """Return a notification of version 4."""
    return {
        "version": "4",
        "groupKey": GROUP,
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tidewheel",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.test",
        "alerts": list(alerts),
        **changes,
    }


def run_name(fingerprint: str = "a1") -> str:
    """Return the name of the run that an alert opens."""
    cause = digest_of(f"{GROUP}\n{fingerprint}\n{alert()['startsAt']}")
    text = f"modelpipeline-flight-delay-1\nAlert\n{cause}"
    return f"flight-delay-{digest_of(text)[7:17]}"


def make_loop(*others: Object, **pipeline: Any) -> tuple[World, NotingApi]:
    """Return a world with a loop that has learned 1000 of now 1100 rows."""
    snapshot = make_snapshot("snapshot two", 1100)
    dataset = make_dataset(status=DatasetStatus(snapshot=snapshot))
    return make_world(dataset, make_pipeline(status=learned(), **pipeline), *others)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    tokens = [
        {"token": TOKEN, "namespaces": ["ml", "empty"]},
        {"token": "fedcba9876543210", "namespaces": ["else"]},
    ]
    path.write_text(json.dumps({"tokens": tokens}))
    return path


Post = Callable[..., list[Answer]]


@pytest.fixture
def post(token_file: Path) -> Post:
    """Return a function that posts bodies one after the other and returns the answers."""

    def send(
        world: World,
        bodies: Iterable[object],
        namespace: str = "ml",
        authorization: str = f"Bearer {TOKEN}",
    ) -> list[Answer]:
        async def scenario(client: TestClient[Any, Any]) -> list[Answer]:
            answers = []
            for body in bodies:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                response = await client.post(
                    f"/alerts/{namespace}", data=data, headers={"Authorization": authorization}
                )
                answers.append((response.status, await response.json()))
            return answers

        app = alert_app(world, AlertTokens(str(token_file)))
        return asyncio.run(_with_client(TestServer(app), scenario))

    return send


async def _with_client(
    server: TestServer, scenario: Callable[[TestClient[Any, Any]], Awaitable[list[Answer]]]
) -> list[Answer]:
    async with TestClient(server) as client:
        return await scenario(client)


def result(outcome: str, message: str, fingerprint: str = "a1", run: str = "") -> Object:
    entry = {"fingerprint": fingerprint, "outcome": outcome, "message": message}
    return {**entry, "run": run} if run else entry


def answered(*results: Object, truncated: int = 0) -> Answer:
    return (200, {"results": list(results), "truncatedAlerts": truncated})


OPENED = result("Opened", "a run is queued", run=run_name())
DUPLICATE = result("Duplicate", "this alert has its run", run=run_name())
NOT_OURS = "no label `pipeline` or `model` names a ModelPipeline of this namespace"


def test_alert_opens_a_run_that_carries_its_cause(post: Post) -> None:
    world, api = make_loop()

    assert post(world, [payload(alert())]) == [answered(OPENED)]
    [run] = api.server.all(TRAINING_RUNS)
    assert run["metadata"]["labels"][labels.CAUSE] == "Alert"
    assert run["metadata"]["annotations"] == {
        labels.FINGERPRINT: digest_of(f"{GROUP}\na1\n{alert()['startsAt']}")
    }
    assert run["spec"]["pipelineName"] == "flight-delay"


def test_alert_that_comes_a_thousand_times_opens_one_run(post: Post) -> None:
    world, api = make_loop()

    answers = post(world, [payload(alert())] * 1000)

    assert answers == [answered(OPENED), *[answered(DUPLICATE)] * 999]
    assert api.calls.count("create TrainingRun") == 1


def test_alert_is_remembered_after_its_run_is_pruned(post: Post) -> None:
    cause = {
        "cause": "Alert",
        "fingerprint": digest_of(f"{GROUP}\na1\n{alert()['startsAt']}"),
        "run_name": "pruned",
        "time": time_text(NOW),
    }
    snapshot = make_snapshot("snapshot two", 1100)
    world, api = make_world(
        make_dataset(status=DatasetStatus(snapshot=snapshot)),
        make_pipeline(status=learned(handled_causes=[cause])),
    )

    expected = result("Duplicate", "this alert has its run", run="pruned")
    assert post(world, [payload(alert())]) == [answered(expected)]
    assert api.server.all(TRAINING_RUNS) == []


def test_run_that_two_replicas_create_at_once_is_created_once(post: Post) -> None:
    world, api = make_loop()
    api.answers["create TrainingRun"] = Refused(409, "exists")

    assert post(world, [payload(alert())]) == [answered(DUPLICATE)]


def test_other_alerts_meet_in_the_queued_run(post: Post) -> None:
    world, api = make_loop()
    message = "a run for an earlier alert is still queued"

    answers = post(world, [payload(alert("a1"), alert("a2")), payload(alert("a3"))])

    coalesced = [result("Coalesced", message, name, run_name()) for name in ("a2", "a3")]
    assert answers == [answered(OPENED, coalesced[0]), answered(coalesced[1])]
    assert len(api.server.all(TRAINING_RUNS)) == 1
    assert world.alert_counts.get("ml", run_name()) == 2


def test_alerts_that_come_at_once_open_one_run(token_file: Path) -> None:
    world, api = make_loop()
    create = api.create

    async def create_slowly(*arguments: Any) -> Any:
        await asyncio.sleep(0)
        return await create(*arguments)

    api.create = create_slowly  # type: ignore[method-assign, assignment]

    async def scenario(client: TestClient[Any, Any]) -> list[Answer]:
        posts = [
            client.post(
                "/alerts/ml",
                json=payload(alert(f"a{index}")),
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            for index in range(20)
        ]
        return [(response.status, None) for response in await asyncio.gather(*posts)]

    server = TestServer(alert_app(world, AlertTokens(str(token_file))))

    assert asyncio.run(_with_client(server, scenario)) == [(200, None)] * 20
    assert len(api.server.all(TRAINING_RUNS)) == 1


def queued_run(**status: Any) -> Object:
    return make_run(
        "running",
        TrainingRunStatus.model_validate({"stage": Stage.TRAINING, **status}),
        cause=Cause.ALERT,
        fingerprint="other",
        pipeline_name="flight-delay",
    )


def test_run_in_training_takes_no_further_alert(post: Post) -> None:
    world, _ = make_loop(queued_run(attempt=1))

    assert post(world, [payload(alert())]) == [answered(OPENED)]


def test_alert_about_nothing_new_opens_nothing_and_says_why(post: Post) -> None:
    dataset = make_dataset(status=DatasetStatus(snapshot=make_snapshot()))
    world, api = make_world(dataset, make_pipeline(status=learned()))
    message = "run 'run-1' has learned this snapshot by this recipe"

    assert post(world, [payload(alert())]) == [answered(result("NothingNewToLearn", message))]
    assert api.server.all(TRAINING_RUNS) == []
    assert events(api) == [("flight-delay", "Normal", "NothingNewToLearn", f"alert: {message}")]


def test_pipeline_may_ignore_alerts(post: Post) -> None:
    world, _ = make_loop(triggers={"on_alert": "Ignore"})

    expected = result("AlertsIgnored", "`triggers.onAlert` is Ignore")
    assert post(world, [payload(alert())]) == [answered(expected)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(alert(model="flight-delay"), OPENED, id="its model"),
        pytest.param(
            alert(pipeline="flight-delay", model="another"), OPENED, id="itself beside a model"
        ),
        pytest.param(
            alert(pipeline="another", model="flight-delay"),
            result("NotOurs", NOT_OURS),
            id="another pipeline beside its model",
        ),
        pytest.param(alert(job="node"), result("NotOurs", NOT_OURS), id="nothing of ours"),
        pytest.param(
            alert(pipeline="else/flight-delay"), result("NotOurs", NOT_OURS), id="a namespace"
        ),
        pytest.param(
            alert(pipeline='"\n{{ .Values }} ${x}'), result("NotOurs", NOT_OURS), id="a template"
        ),
        pytest.param(
            alert(status="resolved"),
            result("Resolved", "a resolved alert opens no run"),
            id="it but is resolved",
        ),
    ],
)
def test_pipeline_is_reached_by_an_alert_that_names(
    post: Post, given: Object, expected: Object
) -> None:
    world, api = make_loop()

    assert post(world, [payload(given)]) == [answered(expected)]
    assert len(api.server.all(TRAINING_RUNS)) == (expected is OPENED)


def test_pipeline_of_another_namespace_is_not_reached(post: Post) -> None:
    world, _ = make_loop()

    assert post(world, [payload(alert())], namespace="empty") == [
        answered(result("NotOurs", NOT_OURS))
    ]


def test_pipeline_that_is_being_deleted_is_not_reached(post: Post) -> None:
    world, _ = make_loop()
    [item] = world.cache.all(MODEL_PIPELINES)
    item["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"

    assert post(world, [payload(alert())]) == [answered(result("NotOurs", NOT_OURS))]


def test_truncation_is_visible(post: Post) -> None:
    world, _ = make_loop()

    assert post(world, [payload(alert(), truncatedAlerts=7)]) == [answered(OPENED, truncated=7)]


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
