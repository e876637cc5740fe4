"""Reports of progress: `POST /reports/<namespace>/<run>` by the pods of a run's Job.

Only the replica that leads takes them, since it is the one that writes the status; another one
answers 503, and the pod asks the Service again, which soon gives it the leader. Handing reports on
would need the addresses of the replicas and a second trust between them, for something of which the
next one counts. A replica that begins to lead begins without reports.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.report import REPORT_LIMIT, REPORT_SECONDS, Report
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.reported import Told
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.clock import elapsed_seconds
from tidewheel_operator.runtime.metrics import REPORTS
from tidewheel_operator.runtime.resources import JOBS, PODS, RAY_JOBS, TRAINING_RUNS
from tidewheel_operator.web.answers import error_answer, problems
from tidewheel_operator.web.report_tokens import PodIdentity, ReportTokens, TooManyReviewsError

__all__ = ["Desk", "report_app"]

_LOG = logging.getLogger(__name__)
Object = dict[str, Any]

# A pod keeps to REPORT_SECONDS by its own clock, and its reports take their time on the way.
_LEAST_SECONDS = REPORT_SECONDS - 1.0
_MOST_PODS = 10_000


class _RefusedError(Exception):
    """Why a report is not taken: the code of the answer, a sentence, and when to come again."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry_after = status, message, retry_after


@dataclass(slots=True)
class Desk:
    """Where reports arrive: who leads, whose tokens are good, and who is told of a report.

    `mark_dirty` is called with namespace and name of the run. `heard` is when a pod's last report
    was taken, by the pod's uid.
    """

    world: World
    tokens: ReportTokens
    is_leading: Callable[[], bool]
    mark_dirty: Callable[[str, str], None]
    clock: Callable[[], float] = elapsed_seconds
    heard: dict[str, float] = field(default_factory=dict)


def report_app(desk: Desk) -> web.Application:
    """Return the application of the report port."""

    async def post_report(request: web.Request) -> web.Response:
        try:
            await _take(desk, request)
        except _RefusedError as refused:
            answer = error_answer(refused.status, refused.message)
            if refused.retry_after is not None:
                answer.headers["Retry-After"] = str(refused.retry_after)
        else:
            answer = web.json_response({"accepted": True}, status=202)
        REPORTS.labels(str(answer.status)).inc()
        return answer

    app = web.Application(client_max_size=REPORT_LIMIT)
    app.router.add_post("/reports/{namespace}/{run}", post_report)
    return app


async def _take(desk: Desk, request: web.Request) -> None:
    if not desk.is_leading():
        raise _RefusedError(503, "this replica does not lead; ask again for the other one", 1)
    namespace, name = request.match_info["namespace"], request.match_info["run"]
    pod = await _sender(desk.tokens, request.headers.get("Authorization", ""))
    run, attempt = _run_of(desk.world, pod, namespace, name)
    _keep_pace(desk, pod)
    report = await _body(request)
    if not desk.is_leading():
        raise _RefusedError(503, "this replica no longer leads; ask again for the other one", 1)
    _note_time(desk, pod)
    desk.world.reports.take(run["metadata"]["uid"], Told(attempt, report))
    desk.mark_dirty(namespace, name)


async def _sender(tokens: ReportTokens, authorization: str) -> PodIdentity:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise _RefusedError(401, "the bearer token of a pod is needed")
    try:
        pod = await tokens.pod_of(token.strip())
    except TooManyReviewsError as error:
        raise _RefusedError(429, "too many tokens are being reviewed", REPORT_SECONDS) from error
    except ApiUnavailableError as error:
        _LOG.warning("no report can be taken: %s", error)
        raise _RefusedError(
            503, "the API server does not review tokens now", REPORT_SECONDS
        ) from error
    if pod is None:
        raise _RefusedError(401, "the token is not good for reports, or is bound to no pod")
    return pod


def _run_of(world: World, pod: PodIdentity, namespace: str, name: str) -> tuple[Object, int]:
    """Return the run that a pod works for, and the attempt that the pod's Job is."""
    if pod.namespace != namespace:
        raise _RefusedError(403, f"the pod is not of namespace '{namespace}'")
    run = world.cache.get(TRAINING_RUNS, namespace, name)
    if run is None or (run.get("status") or {}).get("completionTime"):
        raise _RefusedError(404, f"there is no open TrainingRun '{name}'")
    item = world.cache.get(PODS, namespace, pod.name)
    job = None if item is None or item["metadata"]["uid"] != pod.uid else _job_of(world, item)
    if job is None or _owner(job, "uid") != run["metadata"]["uid"]:
        raise _RefusedError(403, f"the pod is not known as one of TrainingRun '{name}'")
    return run, round_of(job)


def _job_of(world: World, pod: Object) -> Object | None:
    """Return the Job that controls a pod, or the RayJob that a pod of its cluster names.

    Between the two lies KubeRay's own object. Who may make pods may give them any owner too.
    """
    namespace = pod["metadata"]["namespace"]
    ray_job = (pod["metadata"].get("labels") or {}).get(labels.RAY_JOB)
    if ray_job is not None:
        return world.cache.get(RAY_JOBS, namespace, ray_job)
    job = world.cache.get(JOBS, namespace, _owner(pod, "name"))
    return job if job is not None and _owner(pod, "uid") == job["metadata"]["uid"] else None


def _owner(item: Object, part: str) -> str:
    return str((owner_of(item) or {}).get(part, ""))


def _keep_pace(desk: Desk, pod: PodIdentity) -> None:
    heard = desk.heard.get(pod.uid)
    if heard is not None and desk.clock() < heard + _LEAST_SECONDS:
        message = f"a pod may report once in {REPORT_SECONDS} seconds"
        raise _RefusedError(429, message, REPORT_SECONDS)


def _note_time(desk: Desk, pod: PodIdentity) -> None:
    desk.heard.pop(pod.uid, None)
    desk.heard[pod.uid] = desk.clock()
    while len(desk.heard) > _MOST_PODS:
        del desk.heard[next(iter(desk.heard))]


async def _body(request: web.Request) -> Report:
    try:
        return Report.model_validate_json(await request.read())
    except web.HTTPRequestEntityTooLarge as error:
        raise _RefusedError(413, f"the body must be at most {REPORT_LIMIT} bytes") from error
    except ValidationError as error:
        raise _RefusedError(400, problems(error)) from error
