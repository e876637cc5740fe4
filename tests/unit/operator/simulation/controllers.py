"""What the rest of a cluster does: Jobs end with messages, Deployments become ready, owners go."""

import copy
import json
from collections.abc import Callable
from typing import Any

from tests.builders import Object, digest, make_artifact, make_result, make_snapshot
from tests.unit.operator.memory_api import MemoryServer
from tests.unit.operator.observations import ended_job, job_pod, request_text, terminated

from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.job import (
    CheckResult,
    CollectRequest,
    CollectResult,
    Failure,
    ProbeRequest,
    ProbeResult,
    PruneRequest,
    PruneResult,
    Result,
    SearchRequest,
    SearchResult,
    TrainingTask,
    TrainResult,
    parse_training_request,
)
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import DEPLOYMENTS, JOBS, PODS, RESOURCES

Message = Result | Failure


class Bucket:
    """The user's raw data, by its count of labelled rows, and what programs make of it."""

    def __init__(self) -> None:
        self.labelled_rows = 1000
        self.verdict = Verdict.PASSED
        # What the serving image says of whatever is published.
        self.checked = CheckResult(rows=200, load_seconds=1.5, answer_milliseconds=2.5)
        # Whether a look without reading tells what the source is like.
        self.can_be_probed = True
        self.snapshots: list[str] = []
        # How many removals of old snapshots there were, and what the last was told to leave.
        self.prunes = 0
        self.in_use: tuple[str, ...] = ()

    def answer(self, job: Object) -> Message:
        """Return what the program of a Job reports; the same request gets the same answer."""
        request = json.loads(request_text(job))
        if request["kind"] == "CollectRequest":
            return self._collect(CollectRequest.model_validate(request))
        if request["kind"] == "ProbeRequest":
            return self._probe(ProbeRequest.model_validate(request))
        if request["kind"] == "PruneRequest":
            return self._prune(PruneRequest.model_validate(request))
        if request["kind"] == "SearchRequest":
            return self._search(SearchRequest.model_validate(request))
        if request["kind"] == "CheckRequest":
            return self.checked
        return self._train(parse_training_request(request_text(job)))

    def _collect(self, _: CollectRequest) -> CollectResult:
        snapshot = self.snapshot()
        if snapshot.digest not in self.snapshots:
            self.snapshots.append(snapshot.digest)
        return CollectResult(snapshot=snapshot, source_fingerprint=self._fingerprint())

    def _probe(self, _: ProbeRequest) -> ProbeResult:
        return ProbeResult(fingerprint=self._fingerprint() if self.can_be_probed else None)

    def _prune(self, request: PruneRequest) -> PruneResult:
        """Remove by count alone: the ages of snapshots are the program's to know."""
        self.prunes += 1
        self.in_use = request.in_use
        newest = self.snapshots[-request.retention.snapshots :]
        kept = [name for name in self.snapshots if name in newest or name in request.in_use]
        removed, self.snapshots = len(self.snapshots) - len(kept), kept
        return PruneResult(snapshots=removed, parts=removed)

    def _fingerprint(self) -> str:
        return digest(f"source of {self.labelled_rows}")

    def snapshot(self) -> Snapshot:
        """Return the snapshot of the data as it is."""
        return make_snapshot(f"snapshot of {self.labelled_rows}", self.labelled_rows)

    def _search(self, request: SearchRequest) -> SearchResult:
        search = request.training.search
        assert search is not None
        return SearchResult(
            trials=search.trials,
            finished=search.trials,
            failed=0,
            pruned=0,
            best_candidate=request.training.candidates[0].name,
            best_score="0.75",
        )

    def _train(self, request: TrainingTask) -> TrainResult:
        passed = self.verdict == Verdict.PASSED
        return TrainResult(
            result=make_result(
                self.verdict,
                training_rows=request.snapshot.labelled_rows,
                artifact=make_artifact(request.run_uid) if passed else None,
            )
        )


class Controllers:
    """The controllers of a cluster; each call of `act` does one thing, if one is to be done."""

    def __init__(self, server: MemoryServer, bucket: Bucket) -> None:
        self.server = server
        # The program whose Jobs do not run: `collect`, `probe`, `prune`, `train`, `check` or none.
        self.held_jobs = ""
        self.are_deployments_held = False
        self.is_garbage_kept = False
        self._answer: Callable[[Object], Message] = bucket.answer

    def act(self) -> bool:
        """Do the next thing; tell whether there was one."""
        return self._collect_garbage() or self._run_jobs() or self._run_deployments()

    def _run_jobs(self) -> bool:
        for job in self.server.all(JOBS):
            has_ended = bool((job.get("status") or {}).get("conditions"))
            if not has_ended and not self._is_held(job):
                return self._run_job(job)
        return False

    def _is_held(self, job: Object) -> bool:
        if job["spec"].get("suspend"):
            return True
        program: str = job["spec"]["template"]["spec"]["containers"][0]["args"][0]
        return program == self.held_jobs

    def _run_job(self, job: Object) -> bool:
        """Let the pods appear, end, and the Job end, one after the other."""
        pods = [pod for pod in self.server.all(PODS) if _is_owned_by(pod, job)]
        running = next((pod for pod in pods if not pod.get("status")), None)
        if running is not None:
            message = self._answer(job)
            ended = job_pod(job, terminated(10 if isinstance(message, Failure) else 0, message))
            self.server.set_status(PODS, running, ended["status"])
        elif len(pods) < job["spec"].get("completions", 1):
            pod = job_pod(job, {}, name=f"{job['metadata']['name']}-{len(pods)}")
            self.server.create(PODS, {**pod, "metadata": _sent(pod["metadata"])})
        else:
            code = pods[0]["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"]
            ended = ended_job(job, "Complete" if code == 0 else "Failed")
            succeeded = {"succeeded": len(pods)} if code == 0 else {}
            self.server.set_status(JOBS, job, {**ended["status"], **succeeded})
        return True

    def _run_deployments(self) -> bool:
        for deployment in self.server.all(DEPLOYMENTS):
            replicas = deployment["spec"]["replicas"]
            status = {
                "observedGeneration": deployment["metadata"]["generation"],
                "updatedReplicas": replicas,
                "readyReplicas": replicas,
                "availableReplicas": replicas,
            }
            if not self.are_deployments_held and deployment.get("status") != status:
                self.server.set_status(DEPLOYMENTS, deployment, status)
                return True
        return False

    def _collect_garbage(self) -> bool:
        if self.is_garbage_kept:
            return False
        for resource in RESOURCES:
            for item in self.server.orphans(resource):
                self.server.remove(resource, item)
                return True
        return False


def _is_owned_by(item: Object, owner: Object) -> bool:
    reference = owner_of(item)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def _sent(metadata: Any) -> Any:
    fields = ("name", "namespace", "labels", "ownerReferences")
    return {key: copy.deepcopy(metadata[key]) for key in fields}
