"""Looks that read no rows: when they come first, what they tell, and what news adds to them."""

from typing import Any

import pytest
from tests.builders import NOW, Object, digest, make_dataset, snapshot_reference, time_text
from tests.unit.operator.observations import (
    as_sent,
    collect_job,
    conditions,
    ended_job,
    job_pod,
    probe_job,
    request_text,
    terminated,
)
from tests.unit.operator.policies.datasets import COLLECTED, DUE, RESULT, after, view

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook
from tidewheel_contracts.job import (
    CollectRequest,
    Failure,
    FailureReason,
    PreviousSnapshot,
    ProbeResult,
    Wire,
)
from tidewheel_operator.policies.dataset import decide
from tidewheel_operator.policies.dataset_jobs import request_kind
from tidewheel_operator.policies.decision import Decision

PREVIOUS = PreviousSnapshot(
    snapshot=snapshot_reference(RESULT.snapshot), source_fingerprint=digest("source")
)
NEWS = {labels.NEWS: "true"}


def recorded(
    message: Wire | None, status: DatasetStatus = COLLECTED, *, exit_code: int = 0
) -> DatasetStatus:
    """Return the status after a probe has ended with this message."""
    dataset = make_dataset(status=status)
    job = probe_job(dataset)
    pod = job_pod(job, terminated(exit_code, message or "", "Error" if exit_code else ""))
    ended = ended_job(job, "Failed" if exit_code else "Complete")
    return decide(view(dataset, ended, pods=(pod,)), NOW).status


def with_news(job: Object) -> Object:
    metadata = job["metadata"]
    return {**job, "metadata": {**metadata, "annotations": {**metadata["annotations"], **NEWS}}}


def test_next_look_is_a_small_probe_and_the_dataset_stays_ready() -> None:
    dataset = make_dataset(status=COLLECTED)

    decision = decide(view(dataset), DUE)

    [job] = decision.create
    assert decision == Decision(status=COLLECTED, create=(as_sent(probe_job(dataset)),))
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["probe"]
    assert container["resources"] == {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"memory": "256Mi"},
    }


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(after(source_fingerprint=None), id="nothing to compare with"),
        pytest.param(after(next_look=NextLook.COLLECTION), id="a probe has found a change"),
        pytest.param(
            after(conditions=conditions("SourceEmpty", "none", "Stalled")),
            id="the last look failed",
        ),
        pytest.param(after(collected_generation=0), id="the spec has changed"),
    ],
)
def test_collection_comes_without_a_probe_when(status: DatasetStatus) -> None:
    [job] = decide(view(make_dataset(status=status)), DUE).create

    assert request_kind(job) == "CollectRequest"


def test_unchanged_source_moves_nothing_but_the_time_of_the_look() -> None:
    assert recorded(ProbeResult(fingerprint=digest("source"))) == after(
        collections=2, last_attempt_time=time_text(NOW), last_check_time=time_text(NOW)
    )


def test_source_that_waits_for_more_rows_is_unchanged_too() -> None:
    waiting = after(seen_fingerprint=digest("a few more"), waiting_rows=3)

    assert recorded(ProbeResult(fingerprint=digest("a few more")), waiting) == waiting.model_copy(
        update={
            "collections": 2,
            "last_attempt_time": time_text(NOW),
            "last_check_time": time_text(NOW),
        }
    )


def test_source_that_went_back_has_no_waiting_rows() -> None:
    waiting = after(seen_fingerprint=digest("a few more"), waiting_rows=3)

    status = recorded(ProbeResult(fingerprint=digest("source")), waiting)

    assert (status.seen_fingerprint, status.waiting_rows) == (digest("source"), 0)


@pytest.mark.parametrize(
    ("refresh", "new_rows", "is_enough"),
    [
        pytest.param({"minimum_new_rows": 100}, 99, False, id="one row too few"),
        pytest.param({"minimum_new_rows": 100}, 100, True, id="just enough rows"),
        pytest.param({"minimum_new_share": "0.1"}, 99, False, id="too small a share"),
        pytest.param({"minimum_new_share": "0.1"}, 100, True, id="a share that is enough"),
        pytest.param({"minimum_new_rows": 100}, None, True, id="nobody can tell how many"),
        pytest.param({}, 0, True, id="any change counts"),
    ],
)
def test_too_few_new_rows_wait_without_a_collection(
    refresh: dict[str, Any], new_rows: int | None, is_enough: bool
) -> None:
    dataset = make_dataset(status=COLLECTED, refresh=refresh)
    job = probe_job(dataset)
    message = ProbeResult(fingerprint=digest("a few more"), new_rows=new_rows)
    pod = job_pod(job, terminated(0, message))

    status = decide(view(dataset, ended_job(job), pods=(pod,)), NOW).status

    if is_enough:
        assert status == after(collections=2, next_look=NextLook.COLLECTION)
    else:
        assert status == after(
            collections=2,
            seen_fingerprint=digest("a few more"),
            waiting_rows=new_rows,
            last_attempt_time=time_text(NOW),
            last_check_time=time_text(NOW),
        )


@pytest.mark.parametrize(
    "fingerprint", [pytest.param(digest("other"), id="changed"), pytest.param(None, id="unknown")]
)
def test_source_that_changed_is_collected_at_once(fingerprint: str | None) -> None:
    status = recorded(ProbeResult(fingerprint=fingerprint))

    assert status == after(collections=2, next_look=NextLook.COLLECTION)
    [job] = decide(view(make_dataset(status=status)), NOW).create
    assert job["metadata"]["annotations"] == {labels.ROUND: "3", labels.GENERATION: "1"}
    assert CollectRequest.model_validate_json(request_text(job)).previous == PREVIOUS


def test_probe_that_tells_nothing_leaves_the_answer_to_a_collection() -> None:
    """Its memory was too small, say, or its deadline passed: the user can set neither."""
    assert recorded(None, exit_code=137) == after(collections=2, next_look=NextLook.COLLECTION)


def test_probe_that_fails_is_told_like_a_collection_and_the_snapshot_stays() -> None:
    failure = Failure(reason=FailureReason.SOURCE_UNAVAILABLE, message="no answer from db:5432")

    assert recorded(failure, exit_code=11) == after(
        conditions=conditions("SourceUnavailable", "no answer from db:5432", "Stalled"),
        collections=2,
        last_attempt_time=time_text(NOW),
    )


def test_collection_ends_what_a_probe_began() -> None:
    dataset = make_dataset(status=after(collections=2, next_look=NextLook.COLLECTION))
    job = collect_job(dataset, 3)
    pod = job_pod(job, terminated(0, RESULT))

    status = decide(view(dataset, ended_job(job), pods=(pod,)), NOW).status

    assert (status.collections, status.next_look) == (3, None)


def test_probe_that_cannot_start_leaves_the_dataset_ready() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = probe_job(dataset)
    pod = job_pod(job, {"waiting": {"reason": "ErrImagePull", "message": "no such host"}})

    waiting = decide(view(dataset, job, pods=(pod,)), NOW).status

    message = (
        "the source cannot be looked at again yet: image 'registry.test/trainer:1' cannot be had: "
        "no such host"
    )
    [_, reconciling] = conditions("ImagePullFailed", message, "Reconciling")
    assert waiting == after(conditions=(*COLLECTED.conditions, reconciling))


@pytest.mark.parametrize(
    ("message", "next_look"),
    [
        pytest.param(ProbeResult(fingerprint=digest("source")), "Probe", id="of no change"),
        pytest.param(ProbeResult(fingerprint=digest("new")), "Collection", id="of a change"),
        pytest.param(
            Failure(reason=FailureReason.SOURCE_REFUSED, message="no"), "Probe", id="of a failure"
        ),
    ],
)
def test_news_during_a_probe_is_looked_at_when_it_ends_with_word(
    message: Any, next_look: str
) -> None:
    dataset = make_dataset(status=COLLECTED)
    job = with_news(probe_job(dataset))
    pod = job_pod(job, terminated(0, message))

    status = decide(view(dataset, ended_job(job), pods=(pod,)), NOW).status

    assert status.next_look == next_look
    assert len(decide(view(make_dataset(status=status)), NOW).create) == 1


def test_news_during_a_collection_is_looked_at_when_it_ends() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = with_news(collect_job(dataset, 2))
    pod = job_pod(job, terminated(0, RESULT))

    status = decide(view(dataset, ended_job(job), pods=(pod,)), NOW).status

    assert status.next_look == NextLook.PROBE


def test_news_that_came_between_the_record_and_the_removal_of_a_job_is_kept() -> None:
    dataset = make_dataset(status=COLLECTED)
    late = with_news(ended_job(collect_job(dataset)))

    decision = decide(view(dataset, late, has_store=False), NOW)

    assert decision.delete == (late,)
    assert decision.status.next_look == NextLook.PROBE
    [job] = decide(view(dataset, late), NOW).create
    assert request_kind(job) == "ProbeRequest"


def test_news_of_a_round_before_the_last_is_old() -> None:
    dataset = make_dataset(status=after(collections=2))
    old = with_news(ended_job(collect_job(dataset)))

    decision = decide(view(dataset, old), NOW)

    assert decision == Decision(status=after(collections=2), delete=(old,), requeue_seconds=200.0)
