"""The report port: who may report for which run, and what becomes of a report."""

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.builders import NOW, Object, make_run, time_text
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.observations import job_pod, train_job
from tests.unit.operator.policies.ray_jobs import followed, ray_job, ray_pod
from tests.unit.operator.policies.reports import told
from tests.unit.operator.reconcile.worlds import SETTINGS
from tests.unit.operator.web.test_report_tokens import AUDIENCE, review, user

from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Found, Outcome
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import resource_of
from tidewheel_operator.web import report_tokens
from tidewheel_operator.web.report_tokens import ReportTokens
from tidewheel_operator.web.reports import Desk, report_app

Answer = tuple[int, Any, str | None]
RUN = make_run()
OTHER = make_run("other")
JOB = train_job(RUN, 2)
POD = job_pod(JOB, {"running": {}})
STRANGER = job_pod(train_job(OTHER), {"running": {}}, name="stranger")
REPORT = told(percent=40).report
ACCEPTED: Answer = (202, {"accepted": True}, None)


def token_of(pod: Object) -> Outcome:
    """Return the review of a pod's token."""
    metadata = pod["metadata"]
    extra = {
        "authentication.kubernetes.io/pod-name": [metadata["name"]],
        "authentication.kubernetes.io/pod-uid": [metadata["uid"]],
    }
    account = f"system:serviceaccount:{metadata['namespace']}:default"
    return Found(review(user=user(username=account, extra=extra)))


@dataclass
class Port:
    """A report port over some objects; `tokens` are what the API server says of which token."""

    objects: tuple[Object, ...] = (RUN, OTHER, JOB, train_job(OTHER), POD, STRANGER)
    tokens: dict[str, Outcome | Exception] = field(default_factory=dict)
    is_leading: bool = True
    now: float = 0.0
    marked: list[tuple[str, str]] = field(default_factory=list)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        cache = Cache()
        for item in self.objects:
            cache.put(resource_of(item), item)
        api = MemoryApi(MemoryServer(lambda: NOW))
        self.world = World(api, cache, SETTINGS, lambda: NOW)
        self.tokens = {"pod": token_of(POD), "stranger": token_of(STRANGER), **self.tokens}

    async def review(self, token: str) -> Outcome:
        """Answer as the API server does."""
        answer = self.tokens.get(token, Found(review(authenticated=False)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def desk(self) -> Desk:
        """Return the desk of this port."""
        return Desk(
            self.world,
            ReportTokens(self.review, AUDIENCE, lambda: self.now),
            lambda: self.is_leading,
            lambda namespace, name: self.marked.append((namespace, name)),
            lambda: self.now,
        )


@dataclass(frozen=True)
class Post:
    """One request; `before` is done to the port right before it."""

    token: str = "Bearer pod"
    path: str = "/reports/ml/by-hand"
    body: bytes = REPORT.to_json().encode()
    before: Callable[[Port], None] = lambda port: None


def answers(port: Port, *posts: Post) -> list[Answer]:
    """Return status, body and Retry-After of each answer."""

    async def scenario() -> list[Answer]:
        found = []
        async with TestClient(TestServer(report_app(port.desk()))) as client:
            for post in posts:
                post.before(port)
                headers = {"Authorization": post.token} if post.token else {}
                response = await client.post(post.path, data=io.BytesIO(post.body), headers=headers)
                retry = response.headers.get("Retry-After")
                found.append((response.status, await response.json(), retry))
        return found

    return asyncio.run(scenario())


def test_report_of_a_pod_is_kept_for_its_run_which_is_looked_at() -> None:
    port = Port()

    assert answers(port, Post()) == [ACCEPTED]
    assert port.world.reports.of("uid-trainingrun-by-hand") == told(2, percent=40)
    assert port.marked == [("ml", "by-hand")]


def at(now: float) -> Callable[[Port], None]:
    def move(port: Port) -> None:
        port.now = now

    return move


def test_a_pod_may_report_every_five_seconds() -> None:
    port = Port()

    found = answers(port, Post(), Post(before=at(3.9)), Post(before=at(5.0)))

    refused = (429, {"error": "a pod may report once in 5 seconds"}, "5")
    assert found == [ACCEPTED, refused, ACCEPTED]


def test_replica_that_does_not_lead_sends_the_pod_on() -> None:
    port = Port(is_leading=False)
    error = "this replica does not lead; ask again for the other one"

    assert answers(port, Post()) == [(503, {"error": error}, "1")]
    assert port.marked == []


EARLIER = TrainingRunStatus(completion_time=time_text(NOW - timedelta(hours=1)))
ENDED = make_run(status=EARLIER)


@pytest.mark.parametrize(
    ("post", "status", "error"),
    [
        pytest.param(Post(token=""), 401, "the bearer token of a pod is needed", id="no token"),
        pytest.param(
            Post(token="Basic pod"), 401, "the bearer token of a pod is needed", id="user"
        ),
        pytest.param(
            Post(token="Bearer made-up"),
            401,
            "the token is not good for reports, or is bound to no pod",
            id="made-up token",
        ),
        pytest.param(
            Post(path="/reports/else/by-hand"),
            403,
            "the pod is not of namespace 'else'",
            id="another namespace",
        ),
        pytest.param(
            Post(path="/reports/ml/other"),
            403,
            "the pod is not known as one of TrainingRun 'other'",
            id="another run",
        ),
        pytest.param(
            Post(token="Bearer stranger"),
            403,
            "the pod is not known as one of TrainingRun 'by-hand'",
            id="the pod of another run",
        ),
        pytest.param(
            Post(path="/reports/ml/gone"), 404, "there is no open TrainingRun 'gone'", id="no run"
        ),
        pytest.param(
            Post(body=b"x" * 20_000), 413, "the body must be at most 16384 bytes", id="large body"
        ),
        pytest.param(
            Post(body=b"{}"), 400, "step: Field required; percent: Field required", id="{}"
        ),
        pytest.param(
            Post(body=json.dumps({"step": "Choosing", "percent": 101}).encode()),
            400,
            "percent: Input should be less than or equal to 100",
            id="more than all",
        ),
        pytest.param(
            Post(body=json.dumps({"step": "Choosing", "percent": 1, "bestScore": "NaN"}).encode()),
            400,
            "bestScore: String should match pattern '^-?[0-9]{1,12}(\\.[0-9]{1,10})?$'",
            id="a score that is no number",
        ),
    ],
)
def test_refused(post: Post, status: int, error: str) -> None:
    port = Port()

    assert answers(port, post) == [(status, {"error": error}, None)]
    assert port.marked == []


@pytest.mark.parametrize(
    ("objects", "status"),
    [
        pytest.param((ENDED, JOB, POD), 404, id="the run has ended"),
        pytest.param((RUN, JOB), 403, id="the pod is not known yet"),
        pytest.param((RUN, POD), 403, id="the Job is not known yet"),
        pytest.param(
            (RUN, JOB, {**POD, "metadata": {**POD["metadata"], "uid": "another"}}),
            403,
            id="the pod is a namesake",
        ),
        pytest.param(
            (RUN, train_job(make_run(metadata={"uid": "earlier"})), POD),
            403,
            id="the Job is an earlier run's",
        ),
    ],
)
def test_refused_by_what_is_known(objects: tuple[Object, ...], status: int) -> None:
    [(found, _, _)] = answers(Port(objects), Post())

    assert found == status


def test_pod_of_a_ray_cluster_reports_for_the_run_of_its_ray_job() -> None:
    run = make_run(engine="RayJob", search={"parallelism": 2})
    job = ray_job(run)
    worker = ray_pod(followed(run), {"running": {}}, "RayCluster", POD["metadata"]["name"])
    worker["metadata"]["uid"] = POD["metadata"]["uid"]
    of_another = ray_job(make_run(metadata={"uid": "earlier"}, search={"parallelism": 2}))
    named = {**of_another["metadata"], "name": job["metadata"]["name"]}
    namesake = {**of_another, "metadata": named}

    found = [
        [status for status, _, _ in answers(Port((run, *others, worker)), Post())]
        for others in ((job,), (namesake,), ())
    ]

    assert found == [[202], [403], [403]]


def test_an_api_server_that_is_away_is_asked_again() -> None:
    port = Port(tokens={"pod": ApiUnavailableError("away")})
    error = "the API server does not review tokens now"

    assert answers(port, Post()) == [(503, {"error": error}, "5")]


def test_too_many_tokens_are_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_tokens, "_MOST_AT_ONCE", 0)

    assert answers(Port(), Post()) == [(429, {"error": "too many tokens are being reviewed"}, "5")]
