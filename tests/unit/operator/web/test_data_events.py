"""What news of data sets in motion, and what it does not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.builders import Object, make_dataset, make_store
from tests.unit.operator.observations import as_sent, collect_job, probe_job, prune_job
from tests.unit.operator.policies.datasets import COLLECTED, after
from tests.unit.operator.reconcile.worlds import NotingApi, away, make_world
from tests.unit.operator.web.notifications import TOKEN, UNKNOWN, Answer, Post, with_client
from tests.unit.operator.web.test_data_payload import ATTRIBUTES, aws, minio

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook
from tidewheel_operator.policies.dataset_jobs import request_kind
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Outcome, Refused
from tidewheel_operator.runtime.resources import DATASETS, JOBS, Resource
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app

NEWS = {"Records": [aws()]}
NOT_OURS = "no Dataset of namespace 'ml' has the source that this is about"


def make_collected(
    *others: Object, status: DatasetStatus | None = COLLECTED, **spec: Any
) -> tuple[World, NotingApi]:
    """Return a world with a Dataset that has its first snapshot."""
    return make_world(make_store(), make_dataset(status=status, **spec), *others)


def results(outcome: str, message: str, round_number: int = 2) -> Object:
    job = _named(round_number)["metadata"]["name"]
    entry = {"dataset": "flights", "outcome": outcome, "message": message, "job": job}
    return {"results": [entry], "message": "1 Dataset is looked at"}


def _named(round_number: int) -> Object:
    """Return a Job whose owner is the Dataset that the server of `make_world` stores."""
    return collect_job(make_dataset(metadata={"uid": "dataset-flights-1"}), round_number)


STARTED = results("Started", "a Job looks at the source now")
FOLLOWS = results("Follows", "a Job is at work; the source is looked at again when it ends")
COALESCED = results("Coalesced", "earlier news is waiting for the same Job to end")


def posted(post: Post, world: World, *bodies: object, **options: Any) -> list[Answer]:
    return post(world, bodies, path="data", **options)


def at_work(kind: Any = collect_job, round_number: int = 2) -> Object:
    """Return a Job of the next round."""
    return kind(make_dataset(metadata={"uid": "dataset-flights-1"}), round_number)  # type: ignore[no-any-return]


def test_news_makes_the_job_of_the_next_round(post: Post) -> None:
    world, api = make_collected()

    assert posted(post, world, NEWS) == [(200, STARTED)]
    [job] = api.server.all(JOBS)
    assert request_kind(job) == "ProbeRequest"
    assert job["metadata"]["annotations"] == {labels.ROUND: "2", labels.GENERATION: "1"}
    assert job["metadata"]["name"] == at_work()["metadata"]["name"]
    assert "annotate Job" not in api.calls


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        pytest.param(None, "CollectRequest", 1, id="nothing was collected yet"),
        pytest.param(
            after(next_look=NextLook.COLLECTION), "CollectRequest", 2, id="a change is known"
        ),
    ],
)
def test_news_makes_the_very_job_that_is_due(
    post: Post, status: DatasetStatus | None, kind: str, expected: int
) -> None:
    world, api = make_collected(status=status)

    assert posted(post, world, NEWS) == [
        (200, results("Started", "a Job looks at the source now", expected))
    ]
    assert [request_kind(job) for job in api.server.all(JOBS)] == [kind]


def test_thousand_events_are_one_job(post: Post) -> None:
    world, api = make_collected()
    records = [aws(key=f"raw/flights/{number}.parquet") for number in range(1000)]

    assert posted(post, world, {"Records": records}) == [(200, STARTED)]
    assert api.calls.count("create Job") == 1


def test_thousand_requests_are_one_job_and_one_look_after_it(post: Post) -> None:
    world, api = make_collected()

    answers = posted(post, world, *[NEWS] * 1000)

    assert answers == [(200, STARTED), (200, FOLLOWS), *[(200, COALESCED)] * 998]
    assert (api.calls.count("create Job"), api.calls.count("annotate Job")) == (1, 1)


@pytest.mark.parametrize("kind", [collect_job, probe_job, prune_job])
def test_job_at_work_is_marked(post: Post, kind: Any) -> None:
    world, api = make_collected(at_work(kind))

    assert posted(post, world, NEWS, NEWS) == [(200, FOLLOWS), (200, COALESCED)]
    [job] = api.server.all(JOBS)
    assert job["metadata"]["annotations"][labels.NEWS] == "true"


def test_mark_is_set_on_the_job_as_it_was_seen_or_looked_at_again(post: Post) -> None:
    world, api = make_collected(at_work())
    annotate = api.annotate
    stale = [Refused(409, "the object has been modified")]

    async def contested(*arguments: Any) -> Outcome:
        return stale.pop() if stale else await annotate(*arguments)

    api.annotate = contested  # type: ignore[method-assign]

    assert posted(post, world, NEWS) == [(200, FOLLOWS)]
    assert stale == []


def test_round_that_is_recorded_before_the_mark_counts_is_not_relied_on(post: Post) -> None:
    world, api = make_collected(at_work())
    annotate = api.annotate

    async def record_first(resource: Resource, item: Object, *rest: Any) -> Outcome:
        outcome = await annotate(resource, item, *rest)
        [dataset] = api.server.all(DATASETS)
        api.server.set_status(DATASETS, dataset, after(collections=2).to_wire())
        return outcome

    api.annotate = record_first  # type: ignore[method-assign]

    assert posted(post, world, NEWS) == [
        (200, results("Started", "a Job looks at the source now", 3))
    ]


def test_job_for_a_round_that_was_recorded_meanwhile_is_not_relied_on(post: Post) -> None:
    world, api = make_collected()
    create, rounds = api.create, [2]

    async def record_first(resource: Resource, manifest: Object) -> Outcome:
        outcome = await create(resource, manifest)
        if rounds:
            [dataset] = api.server.all(DATASETS)
            status = after(collections=rounds.pop())
            api.server.set_status(DATASETS, dataset, status.to_wire())
        return outcome

    api.create = record_first  # type: ignore[method-assign]

    assert posted(post, world, NEWS) == [
        (200, results("Started", "a Job looks at the source now", 3))
    ]


def test_job_that_another_replica_makes_at_once_is_enough(post: Post) -> None:
    world, api = make_collected()
    create = api.create

    async def late(resource: Resource, manifest: Object) -> Outcome:
        await create(resource, manifest)
        return await create(resource, manifest)

    api.create = late  # type: ignore[method-assign]

    message = "a Job that somebody else has just made looks at the source"
    assert posted(post, world, NEWS) == [(200, results("Coalesced", message))]
    assert len(api.server.all(JOBS)) == 1


def test_requests_that_come_at_once_make_one_job(token_file: Path) -> None:
    world, api = make_collected()

    async def scenario(client: TestClient[Any, Any]) -> list[Answer]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        posts = [client.post("/data/ml", json=NEWS, headers=headers) for _ in range(20)]
        return [(response.status, None) for response in await asyncio.gather(*posts)]

    server = TestServer(alert_app(world, AlertTokens(str(token_file))))

    assert asyncio.run(with_client(server, scenario)) == [(200, None)] * 20
    assert len(api.server.all(JOBS)) == 1


def test_every_dataset_of_the_source_is_looked_at(post: Post) -> None:
    world, api = make_collected(
        make_dataset("all", COLLECTED, source={"s3": {"prefix": "raw/"}}),
        make_dataset("trips", COLLECTED, source={"s3": {"prefix": "raw/trips/"}}),
    )

    [(status, answer)] = posted(post, world, NEWS)

    assert (status, answer["message"]) == (200, "2 Datasets are looked at")
    assert [item["dataset"] for item in answer["results"]] == ["all", "flights"]
    assert len(api.server.all(JOBS)) == 2


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"Records": [aws(key="raw/trips/a")]}, id="an object elsewhere"),
        pytest.param(minio("s3:ObjectAccessed:Get"), id="a read"),
        pytest.param({**ATTRIBUTES, "dataset": "trips"}, id="a Dataset that is not there"),
    ],
)
def test_news_of_something_else_makes_nothing(post: Post, body: Object) -> None:
    world, api = make_collected()

    assert posted(post, world, body) == [(200, {"results": [], "message": NOT_OURS})]
    assert api.server.all(JOBS) == []


def test_cloud_event_names_the_dataset_in_its_headers(post: Post) -> None:
    world, _ = make_collected(source={"http": {"url": "https://api.test/"}})
    headers = {f"ce-{name}": value for name, value in ATTRIBUTES.items()}

    assert posted(post, world, b"", headers=headers) == [(200, STARTED)]


def test_dataset_that_goes_meanwhile_is_left_out(post: Post) -> None:
    world, api = make_collected()
    [dataset] = api.server.all(DATASETS)
    api.server.remove(DATASETS, dataset)

    assert posted(post, world, NEWS) == [(200, {"results": [], "message": NOT_OURS})]


@pytest.mark.parametrize(
    ("authorization", "namespace", "status", "error"),
    [
        pytest.param("", "ml", 401, UNKNOWN, id="no token"),
        pytest.param(f"Basic {TOKEN}", "ml", 401, UNKNOWN, id="a password"),
        pytest.param(
            f"Bearer {TOKEN}",
            "else",
            403,
            "this token does not reach namespace 'else'",
            id="another namespace",
        ),
        pytest.param(
            f"Bearer {TOKEN}",
            "empty",
            404,
            "namespace 'empty' has no Dataset, or is not watched",
            id="a namespace without Datasets",
        ),
    ],
)
def test_news_is_refused_with(
    post: Post, authorization: str, namespace: str, status: int, error: str
) -> None:
    world, api = make_collected()

    answers = posted(post, world, NEWS, namespace=namespace, authorization=authorization)

    assert answers == [(status, {"error": error})]
    assert api.calls == []


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(
            b"{",
            400,
            "the body must be JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
            id="a broken body",
        ),
        pytest.param(
            {"Records": [{}]},
            400,
            "Records.0.eventName: Field required; Records.0.s3: Field required",
            id="records without content",
        ),
        pytest.param(
            b" " * 4_194_305, 413, "the body must be at most 4194304 bytes", id="a huge body"
        ),
    ],
)
def test_unreadable_news_is_refused(post: Post, body: object, status: int, error: str) -> None:
    world, api = make_collected()

    assert posted(post, world, body) == [(status, {"error": error})]
    assert api.calls == []


@pytest.mark.parametrize(
    ("call", "answer", "error"),
    [
        pytest.param("get Dataset", away(), "the API server is away", id="the server is away"),
        pytest.param("create Job", away(), "the API server is away", id="it goes away"),
        pytest.param(
            "create Job",
            Refused(403, "exceeded quota"),
            f"the API server refused Job '{at_work()['metadata']['name']}': exceeded quota",
            id="a quota is full",
        ),
    ],
)
def test_news_that_is_not_certain_is_to_come_again(
    post: Post, call: str, answer: Outcome | Exception, error: str
) -> None:
    world, api = make_collected()
    api.answers[call] = answer

    message = f"the source cannot be looked at yet: {error}"
    assert posted(post, world, NEWS) == [(503, {"error": message})]


def test_news_comes_again_until_there_is_a_store(post: Post) -> None:
    world, _ = make_world(make_dataset(status=COLLECTED))
    named = {**ATTRIBUTES, "dataset": "flights"}

    message = (
        "the source cannot be looked at yet: the namespace needs an ArtifactStore named 'default'"
    )
    assert posted(post, world, named) == [(503, {"error": message})]


def test_job_of_somebody_else_is_not_touched(post: Post) -> None:
    theirs = as_sent(at_work())
    del theirs["metadata"]["ownerReferences"]
    world, api = make_collected()
    api.server.create(JOBS, theirs)

    [(status, answer)] = posted(post, world, NEWS)

    name = theirs["metadata"]["name"]
    assert (status, answer) == (
        503,
        {
            "error": f"the source cannot be looked at yet: Job '{name}' exists and belongs to "
            "somebody else; remove it"
        },
    )
    assert "annotate Job" not in api.calls


def test_dataset_that_never_rests_makes_the_sender_come_again(post: Post) -> None:
    world, api = make_collected(at_work())
    api.answers["annotate Job"] = Refused(409, "the object has been modified")

    message = (
        "the source cannot be looked at yet: Dataset 'flights' changes too often to be looked at "
        "now"
    )
    assert posted(post, world, NEWS) == [(503, {"error": message})]
