"""Whatever specs came before: the last one decides, going back mends, and nothing breaks.

After Acto (Gu et al., SOSP 2023): specs are made of the CRDs' schemas, valid ones and broken ones,
and applied one after the other to a real API server with a real operator.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from tests.builders import make_alias, make_approval, make_store, make_version
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.loop.end_state import differences
from tests.faults.loop.lane import Lane
from tests.faults.specs.invalid_specs import Broken, broken_values
from tests.faults.specs.person import Person
from tests.faults.specs.schemas import spec_schema
from tests.faults.specs.valid_specs import Words, valid_values

# Nothing trains: a chain is compared with its last spec, and a run is history.
NAMES = {
    "ArtifactStore": "default",
    "Dataset": "flights",
    "ModelDeployment": "mine",
    "ModelPipeline": "loop",
    "ModelAlias": "model-prod",
}
SERVING = ("ModelDeployment", "ModelPipeline")
IMMUTABLE = {"TrainingRun": "by-hand", "ModelVersion": "model-v1", "ModelApproval": "approval"}
WORDS: Words = {
    "modelName": st.just("model"),
    "alias": st.just("prod"),
    "version.number": st.integers(1, 3),
    "replicas": st.integers(1, 5),
    # A look that time alone makes due would fall into one of two outcomes that are compared.
    "everySeconds": st.integers(3600, 2_592_000),
}
# While a pin names no version, what served before goes on: a chain begins and ends with one.
REGISTERED: Words = {"version.number": st.integers(1, 2)}
VERSION_WORDS: Words = {"modelName": st.just("model"), "number": st.just(1)}
# To take it back is the one change of an approval that is accepted.
APPROVAL_WORDS: Words = {"modelVersionName": st.just("model-v1"), "revocation": st.nothing()}
chains = settings(
    max_examples=25 if IS_LONG else 4,
    database=None,
    deadline=None,
    # A chain takes seconds on a real server: to make it shorter would take minutes.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def words_of(kind: str) -> Words:
    """Return the words that let references meet what they name."""
    return {"ModelVersion": VERSION_WORDS, "ModelApproval": APPROVAL_WORDS}.get(kind, WORDS)


def draw_chain(data: st.DataObject, kind: str) -> list[Any]:
    """Return specs, some of them broken; the first and the last are valid."""
    schema, words = spec_schema(kind), words_of(kind)
    any_of_them = st.one_of(valid_values(schema, words), broken_values(schema, words))
    middle = data.draw(st.lists(any_of_them, max_size=4))
    compared = valid_values(schema, {**words, **REGISTERED} if kind in SERVING else words)
    return [_of_one_model(spec) for spec in (data.draw(compared), *middle, data.draw(compared))]


def _of_one_model(spec: Any) -> Any:
    """A pipeline is for one model: what it remembers of numbers is not another model's past."""
    is_pipeline = isinstance(spec, dict) and "training" in spec
    return {**spec, "modelName": "model"} if is_pipeline else spec


def apply(person: Person, spec: Any) -> None:
    """Apply a spec: a broken one is refused by the name of what is wrong, and changes nothing."""
    if not isinstance(spec, Broken):
        answer = person.apply(spec)
        assert answer.is_accepted, f"{answer.message}: {spec}"
        return
    before = person.rest()
    answer = person.apply(spec.spec)
    note(f"{spec.how}: {answer}")
    assert 400 <= answer.code < 500, spec
    assert spec.named in answer.message, f"{spec.named} is not named: {answer.message}"
    assert person.rest() == before


def in_a_world(lane: Lane, kind: str) -> Person:
    """Empty the lane, give it what the kind needs to be at work, and return who applies."""
    lane.clear()
    if kind != "ArtifactStore":
        lane.cluster.create(lane.namespace, make_store())
    if kind in (*SERVING, "ModelApproval", "ModelAlias"):
        for number in (1, 2):
            version = make_version(number, "model")
            lane.cluster.create(lane.namespace, version)
    if kind in SERVING:
        # While no version is approved, what served before goes on.
        for number in (1, 2):
            approved = make_approval(f"of-{number}", model_version_name=f"model-v{number}")
            lane.cluster.create(lane.namespace, approved)
        lane.cluster.create(lane.namespace, make_alias(model_name="model"))
    return Person(lane, kind, {**NAMES, **IMMUTABLE}[kind])


def is_well(lane: Lane) -> None:
    """The process lives, and has found no defect in itself."""
    assert lane.operator.child is not None
    assert lane.operator.child.poll() is None
    assert "Traceback" not in lane.operator.log()
    assert lane.ends == []


@pytest.mark.parametrize("kind", NAMES)
def test_last_spec_decides_and_going_back_mends(kind: str, make_lane: Any) -> None:
    lane: Lane = make_lane()

    @seed(SEED)
    @chains
    @given(data=st.data())
    def chain(data: st.DataObject) -> None:
        specs = draw_chain(data, kind)
        note(f"chain: {specs}")
        person = in_a_world(lane, kind)
        apply(person, specs[0])
        at_first = person.conditions()
        for spec in specs[1:]:
            apply(person, spec)
        found = person.outcome()
        apply(person, specs[0])
        assert person.conditions() == at_first

        fresh = in_a_world(lane, kind)
        apply(fresh, specs[-1])
        wanted = fresh.outcome()
        assert not differences(current(found, wanted), current(wanted, wanted))
        is_well(lane)

    chain()


@pytest.mark.parametrize("kind", IMMUTABLE)
def test_object_that_cannot_change_is_made_anew(kind: str, make_lane: Any) -> None:
    lane: Lane = make_lane()

    @seed(SEED)
    @chains
    @given(data=st.data())
    def chain(data: st.DataObject) -> None:
        first, *_, last = draw_chain(data, kind)
        note(f"first: {first}, last: {last}")
        person = in_a_world(lane, kind)
        apply(person, first)
        at_first = person.conditions()
        before = person.rest()
        answer = person.apply(last)
        # Accepted is only what is the same once its defaults are filled in.
        assert answer.is_accepted or "spec" in answer.message
        assert _fixed(person.rest()["spec"]) == _fixed(before["spec"])
        person.delete()
        apply(person, last)
        found = person.outcome()
        person.delete()
        apply(person, first)
        assert person.conditions() == at_first

        fresh = in_a_world(lane, kind)
        apply(fresh, last)
        assert not differences(found, fresh.outcome())
        is_well(lane)

    chain()


def _fixed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return what of a spec never changes: a run may be suspended at any time."""
    return {name: value for name, value in spec.items() if name != "suspend"}


def current(outcome: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a chain went through and what goes on serving for good reasons.

    A replaced version stays warm for a while. A pipeline that names another deployment leaves the
    one that it made as it is: an edit takes no endpoint away, people do.
    """
    return {
        name: _without_roles(item)
        for name, item in outcome.items()
        if not _is_left(name, wanted) and not _is_warm(name, wanted)
    }


def _is_left(name: str, wanted: dict[str, Any]) -> bool:
    pipeline = wanted.get("ModelPipeline loop")
    names_another = pipeline is not None and "deploymentName" in pipeline["spec"]
    left = ("ModelDeployment loop", "Deployment loop", "Service loop")
    return names_another and name.startswith(left)


def _is_warm(name: str, wanted: dict[str, Any]) -> bool:
    is_of_a_version = name.startswith(("Deployment ", "Service ")) and "-v" in name
    return is_of_a_version and name not in wanted


def _without_roles(item: dict[str, Any]) -> dict[str, Any]:
    status = {
        key: value
        for key, value in (item.get("status") or {}).items()
        if key not in ("previous", "warm", "versions", "history", "serving", "served")
    }
    return {**item, "status": status}
