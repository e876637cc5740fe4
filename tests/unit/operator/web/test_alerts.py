"""What alerts open, and what they do not."""

import asyncio
import dataclasses
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
from tests.unit.operator.memory_api import MemoryApi
from tests.unit.operator.observations import as_sent
from tests.unit.operator.policies.loops import learned
from tests.unit.operator.reconcile.worlds import NotingApi, events, make_world
from tests.unit.operator.web.notifications import (
    DUPLICATE,
    GROUP,
    NOT_OURS,
    OPENED,
    TOKEN,
    Answer,
    Post,
    alert,
    answered,
    make_loop,
    payload,
    result,
    run_name,
    with_client,
)

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause, Stage, TrainingRunStatus
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import MODEL_PIPELINES, TRAINING_RUNS
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app


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
    post(world, [payload(alert())])
    other_replica, _ = make_loop()

    assert post(dataclasses.replace(other_replica, api=api), [payload(alert())]) == [
        answered(DUPLICATE)
    ]
    assert len(api.server.all(TRAINING_RUNS)) == 1


def test_run_of_somebody_else_with_the_same_name_makes_alertmanager_come_again(
    post: Post,
) -> None:
    world, api = make_loop()
    api.server.create(TRAINING_RUNS, as_sent(make_run(run_name())))

    [(status, answer)] = post(world, [payload(alert())])

    message = f"TrainingRun '{run_name()}' exists and belongs to somebody else"
    assert (status, answer) == (503, {"error": message})


def test_other_alerts_meet_in_the_queued_run(post: Post) -> None:
    world, api = make_loop()
    message = "a run for an earlier alert is still queued"

    answers = post(world, [payload(alert("a1"), alert("a2")), payload(alert("a3"))])

    coalesced = [result("Coalesced", message, name, run_name()) for name in ("a2", "a3")]
    assert answers == [answered(OPENED, coalesced[0]), answered(coalesced[1])]
    assert len(api.server.all(TRAINING_RUNS)) == 1
    assert counted(api) == ["2"]


def counted(api: MemoryApi) -> list[str | None]:
    """Return how many alerts each run says that it has met."""
    return [
        (item["metadata"].get("annotations") or {}).get(labels.COALESCED)
        for item in api.server.all(TRAINING_RUNS)
    ]


def other_replica_of(api: NotingApi) -> World:
    """Return a replica that has seen what is there now, and sees nothing further."""
    world, _ = make_loop()
    for run in api.server.all(TRAINING_RUNS):
        world.cache.put(TRAINING_RUNS, run)
    return dataclasses.replace(world, api=api)


def test_alerts_that_two_replicas_get_are_counted_together(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert("a1"))])
    other = other_replica_of(api)

    post(world, [payload(alert("a2"))])
    [(status, answer)] = post(other, [payload(alert("a3"))])

    assert (status, answer["results"][0]["outcome"]) == (200, "Coalesced")
    assert counted(api) == ["2"]


def test_alert_that_meets_a_run_which_has_just_begun_opens_another(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert("a1"))])
    other = other_replica_of(api)
    [run] = api.server.all(TRAINING_RUNS)
    begun = {**run["status"], "attempt": 1, "stage": "Training"}
    api.server.set_status(TRAINING_RUNS, run, begun)

    [(status, answer)] = post(other, [payload(alert("a2"))])

    assert (status, answer["results"][0]["outcome"]) == (200, "Opened")
    assert counted(api) == [None, None]


def test_alert_that_meets_a_run_which_has_just_gone_opens_another(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert("a1"))])
    other = other_replica_of(api)
    [run] = api.server.all(TRAINING_RUNS)
    api.server.remove(TRAINING_RUNS, run)

    [(status, answer)] = post(other, [payload(alert("a2"))])

    assert (status, answer["results"][0]["outcome"]) == (200, "Opened")
    assert [item["metadata"]["name"] for item in api.server.all(TRAINING_RUNS)] == [run_name("a2")]


def test_alert_comes_again_when_the_queued_run_never_stands_still(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert("a1"))])
    api.answers["annotate TrainingRun"] = Refused(409, "the object has been modified")

    [(status, answer)] = post(world, [payload(alert("a2"))])

    message = "what the alert is about changes too often to be judged"
    assert (status, answer) == (503, {"error": f"the run could not be created yet: {message}"})
    assert api.calls.count("annotate TrainingRun") == 5


def test_alert_comes_again_when_it_may_not_be_counted(post: Post) -> None:
    world, api = make_loop()
    post(world, [payload(alert("a1"))])
    api.answers["annotate TrainingRun"] = Refused(403, "forbidden")

    [(status, answer)] = post(world, [payload(alert("a2"))])

    message = "the API server refused to count the alert: forbidden"
    assert (status, answer) == (503, {"error": message})


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

    assert asyncio.run(with_client(server, scenario)) == [(200, None)] * 20
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
