"""A decision is carried out in its order, and stops where the world is not as observed."""

from typing import Any

import pytest
from tests.builders import NAMESPACE, Object, make_dataset, make_version, stored
from tests.unit.operator.observations import as_sent, collect_job
from tests.unit.operator.reconcile.carrying import DATASET, STATUS, carried, logged
from tests.unit.operator.reconcile.worlds import NotingApi, away, events, found, make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.manifests.serving_deployment import ServingOwner
from tidewheel_operator.manifests.serving_service import stable_service
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile.carry_out import Blocked, Carried, Result
from tidewheel_operator.runtime.api import ApiUnavailableError, Refused
from tidewheel_operator.runtime.resources import (
    DATASETS,
    EVENTS,
    JOBS,
    MODEL_VERSIONS,
    SERVICES,
)
from tidewheel_operator.runtime.trimming import trimmed

UNCHANGED = DatasetStatus()


def service(owner_uid: str = "uid-1", number: int = 1) -> Object:
    return stable_service(ServingOwner("flight-delay", NAMESPACE, owner_uid), number)


def children(verb: str, *items: Object) -> dict[str, Any]:
    """Return what a decision holds that does this to these children."""
    return {verb: items}


def job(api: NotingApi, round_number: int = 1) -> Object:
    """Return the Job of the Dataset as the server knows it."""
    return as_sent(collect_job(found(api, DATASET), round_number))


def test_writes_come_in_their_order() -> None:
    world, api = make_world(DATASET)
    api.server.create(JOBS, job(api, 1))
    [old] = api.server.all(JOBS)

    result = carried(
        world, api, Decision(STATUS, create=(job(api, 2),), apply=(service(),), delete=(old,))
    )

    assert result is Carried.DONE
    assert api.calls == [
        "get Dataset",
        "create Job",
        "create Service",
        "status Dataset",
        "create Event",
        "delete Job",
    ]
    assert found(api, DATASET)["status"] == STATUS.to_wire()
    assert [item["metadata"]["annotations"]["tidewheel.dev/round"] for item in _jobs(api)] == ["2"]


def _jobs(api: NotingApi) -> list[Object]:
    return api.server.all(JOBS)


def test_answers_enter_the_cache_at_once() -> None:
    world, api = make_world(DATASET)

    carried(world, api, Decision(STATUS, create=(job(api),), apply=(service(),)))

    assert world.cache.all(JOBS) == [trimmed(JOBS, job) for job in _jobs(api)]
    assert world.cache.all(SERVICES) == api.server.all(SERVICES)
    assert world.cache.all(DATASETS) == api.server.all(DATASETS)


def test_nothing_is_written_when_nothing_changes() -> None:
    world, api = make_world(DATASET)
    carried(world, api, Decision(STATUS, apply=(service(),)))

    assert carried(world, api, Decision(STATUS, apply=(service(),))) is Carried.DONE
    assert api.calls == []


@pytest.mark.parametrize(
    ("change", "call"),
    [
        pytest.param(lambda api: api.server.remove(DATASETS, DATASET), "get Dataset", id="is gone"),
        pytest.param(
            lambda api: api.server.edit(
                DATASETS, DATASET, lambda item: item["spec"]["target"].update(column="other")
            ),
            "get Dataset",
            id="was changed",
        ),
        pytest.param(
            lambda api: api.server.edit(
                DATASETS,
                DATASET,
                lambda item: item["metadata"].update(deletionTimestamp="2026-11-21T12:00:00Z"),
            ),
            "get Dataset",
            id="is being deleted",
        ),
        pytest.param(lambda api: _recreate(api), "get Dataset", id="is another of the same name"),
    ],
)
@pytest.mark.parametrize("verb", ["create", "apply", "delete"])
def test_nothing_is_made_or_deleted_for_an_owner_that(change: Any, call: str, verb: str) -> None:
    world, api = make_world(DATASET)
    child = service() if verb == "apply" else job(api)
    if verb == "delete":
        api.server.create(JOBS, child)
        child = _jobs(api)[0]
    change(api)

    assert carried(world, api, Decision(STATUS, **children(verb, child))) is Carried.STALE
    assert api.calls == [call]


def _recreate(api: NotingApi) -> None:
    api.server.remove(DATASETS, DATASET)
    api.server.create(DATASETS, as_sent(DATASET))


def test_newer_state_of_the_owner_is_taken_into_the_cache() -> None:
    world, api = make_world(DATASET)
    api.server.edit(DATASETS, DATASET, lambda item: item["spec"]["target"].update(column="other"))

    carried(world, api, Decision(STATUS, create=(job(api),)))

    assert world.cache.all(DATASETS) == api.server.all(DATASETS)


def test_stale_status_is_not_written() -> None:
    world, api = make_world(DATASET)
    api.server.edit(DATASETS, DATASET, lambda item: item["metadata"].update(labels={"a": "b"}))

    assert carried(world, api, Decision(STATUS)) is Carried.STALE
    assert (api.calls, events(api)) == (["status Dataset"], [])


def test_child_that_exists_already_is_taken_for_created() -> None:
    world, api = make_world(DATASET)
    api.server.create(JOBS, job(api))

    result = carried(world, api, Decision(UNCHANGED, create=(job(api),)))

    assert result is Carried.DONE
    assert api.calls[:3] == ["get Dataset", "create Job", "get Job"]
    assert world.cache.all(JOBS) == [trimmed(JOBS, job) for job in _jobs(api)]


def theirs(item: Object) -> Object:
    """Return a namesake that somebody else's object controls."""
    [owner] = item["metadata"]["ownerReferences"]
    return {**item, "metadata": {**item["metadata"], "ownerReferences": [{**owner, "uid": "x"}]}}


@pytest.mark.parametrize("verb", ["create", "apply"])
@pytest.mark.parametrize("is_cached", [True, False], ids=["known", "unknown"])
def test_namesake_of_somebody_else_is_named_and_left_alone(verb: str, is_cached: bool) -> None:
    world, api = make_world(DATASET)
    wanted = service()
    api.server.create(SERVICES, theirs(wanted))
    [before] = api.server.all(SERVICES)
    if is_cached:
        world.cache.put(SERVICES, before)

    result = carried(world, api, Decision(STATUS, **children(verb, wanted)))

    assert result == Blocked(
        "NameConflict",
        "Service 'flight-delay' exists and belongs to somebody else; rename or remove it",
    )
    assert api.server.all(SERVICES) == [before]
    assert "status" not in " ".join(api.calls)


def test_namesake_that_goes_meanwhile_is_looked_for_again() -> None:
    world, api = make_world(DATASET)
    api.answers["create Job"] = Refused(409, "exists")

    assert carried(world, api, Decision(STATUS, create=(job(api),))) is Carried.STALE


def test_version_of_the_same_run_is_ours_whoever_wrote_it() -> None:
    world, api = make_world(DATASET, make_version())

    result = carried(world, api, Decision(UNCHANGED, create=(as_sent(make_version()),)))

    assert result is Carried.DONE


def test_version_of_another_run_has_its_number_and_the_next_one_is_looked_for() -> None:
    world, api = make_world(DATASET, make_version(run_uid="another"))

    result = carried(world, api, Decision(UNCHANGED, create=(as_sent(make_version()),)))

    assert result is Carried.STALE
    [live] = api.server.all(MODEL_VERSIONS)
    assert live["spec"]["run"]["uid"] == "another"


def test_child_is_applied_when_its_manifest_changes() -> None:
    world, api = make_world(DATASET)
    carried(world, api, Decision(STATUS, apply=(service(number=1),)))

    assert carried(world, api, Decision(STATUS, apply=(service(number=2),))) is Carried.DONE
    assert api.calls == ["apply Service"]
    [live] = api.server.all(SERVICES)
    assert live["spec"]["selector"]["tidewheel.dev/version"] == "2"
    assert world.cache.all(SERVICES) == [live]


def test_child_that_was_replaced_by_a_namesake_is_not_applied() -> None:
    world, api = make_world(DATASET)
    carried(world, api, Decision(STATUS, apply=(service(number=1),)))
    api.server.remove(SERVICES, service())
    api.server.create(SERVICES, theirs(service()))

    result = carried(world, api, Decision(STATUS, apply=(service(number=2),)))

    assert result is Carried.STALE or isinstance(result, Blocked)
    [live] = api.server.all(SERVICES)
    assert live["metadata"]["ownerReferences"][0]["uid"] == "x"
    assert live["spec"]["selector"]["tidewheel.dev/version"] == "1"


def test_child_that_went_is_looked_for_again_instead_of_applied() -> None:
    world, api = make_world(DATASET)
    carried(world, api, Decision(STATUS, apply=(service(number=1),)))
    api.server.remove(SERVICES, service())

    assert carried(world, api, Decision(STATUS, apply=(service(number=2),))) is Carried.STALE
    assert api.server.all(SERVICES) == []


def test_refused_status_is_told_by_an_event_for_no_status_can_tell_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, api = make_world(DATASET)
    api.answers["status Dataset"] = Refused(422, "unknown field")

    result = carried(world, api, Decision(STATUS))

    assert result is Carried.STALE
    [event] = api.server.all(EVENTS)
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "StatusRefused",
        "the API server refused the status: unknown field",
    )
    assert logged(caplog) == [("the API server refused the status: unknown field", "flights")]


@pytest.mark.parametrize(("verb", "call"), [("create", "create Job"), ("apply", "create Service")])
def test_refusal_blocks_with_the_servers_words(verb: str, call: str) -> None:
    world, api = make_world(DATASET)
    api.answers[call] = Refused(403, "exceeded quota")
    child = job(api) if verb == "create" else service()

    result = carried(world, api, Decision(STATUS, **children(verb, child)))

    name, kind = child["metadata"]["name"], child["kind"]
    assert result == Blocked(
        "RequestRefused", f"the API server refused to create {kind} '{name}': exceeded quota"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(Refused(404, "gone"), Carried.DONE, id="gone already is done"),
        pytest.param(Refused(409, "changed"), Carried.STALE, id="changed since is looked at again"),
        pytest.param(
            Refused(403, "forbidden"),
            Blocked("RequestRefused", "the API server refused to delete Job 'old': forbidden"),
            id="forbidden blocks",
        ),
    ],
)
def test_delete_of_a_child_that_is(answer: Refused, expected: Result) -> None:
    world, api = make_world(DATASET)
    old = stored({**job(api), "metadata": {**job(api)["metadata"], "name": "old"}})
    api.answers["delete Job"] = answer

    assert carried(world, api, Decision(UNCHANGED, delete=(old,))) == expected


def test_status_of_which_only_conditions_are_new_waits_for_what_is_deleted() -> None:
    world, api = make_world(make_dataset(status=UNCHANGED))
    old = api.server.create(JOBS, job(api, 1)).object
    status = UNCHANGED.model_copy(update={"conditions": STATUS.conditions})

    assert carried(world, api, Decision(status, delete=(old,))) is Carried.DONE

    assert api.calls == ["get Dataset", "delete Job", "status Dataset", "create Event"]


def test_child_that_only_a_delete_does_not_find_is_not_forgotten() -> None:
    world, api = make_world(DATASET)
    api.server.create(JOBS, job(api))
    [old] = api.server.all(JOBS)
    world.cache.put(JOBS, old)
    api.answers["delete Job"] = Refused(404, "not ready yet")

    result = carried(world, api, Decision(UNCHANGED, delete=(old,)))

    assert result is Carried.STALE
    assert [item["metadata"]["uid"] for item in world.cache.all(JOBS)] == [old["metadata"]["uid"]]


def test_child_is_kept_when_the_status_that_tells_of_it_is_not_written() -> None:
    world, api = make_world(DATASET)
    api.server.create(JOBS, job(api))
    api.answers["status Dataset"] = Refused(409, "changed")

    result = carried(world, api, Decision(STATUS, delete=tuple(_jobs(api))))

    assert result is Carried.STALE
    assert len(_jobs(api)) == 1


@pytest.mark.parametrize(
    "call", ["get Dataset", "create Job", "create Service", "status Dataset", "delete Job"]
)
def test_server_that_is_away_stops_everything_after(call: str) -> None:
    world, api = make_world(DATASET)
    api.server.create(JOBS, job(api, 1))
    api.answers[call] = away()
    [old] = _jobs(api)

    with pytest.raises(ApiUnavailableError):
        carried(
            world, api, Decision(STATUS, create=(job(api, 2),), apply=(service(),), delete=(old,))
        )

    assert api.calls[-1] == call
