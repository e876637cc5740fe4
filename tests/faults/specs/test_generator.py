"""The generator gives what the contracts accept, and breaks only what they refuse."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders import models_of
from tests.faults.specs.invalid_specs import OVERFLOWING, broken_values, changes, sites, to_json
from tests.faults.specs.rules import RULES, obey
from tests.faults.specs.schemas import KINDS, cross_rules, pattern_of, spec_schema
from tests.faults.specs.valid_specs import valid_values

of_every_kind = pytest.mark.parametrize("kind", KINDS)
# The contracts survive what a newer release may add, and read lists whatever is in them twice.
SCHEMA_ALONE = ("unknown field", "an item twice", "breaks", "too many fields", "no time")
few_examples = settings(
    max_examples=25,
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@of_every_kind
def test_every_rule_between_fields_is_known(kind: str) -> None:
    assert [rule for rule in cross_rules(spec_schema(kind)) if rule not in RULES] == []


@of_every_kind
@few_examples
@given(data=st.data())
def test_valid_specs_are_read_by_the_contracts(kind: str, data: st.DataObject) -> None:
    spec = data.draw(valid_values(spec_schema(kind)))

    assert isinstance(models_of(kind)[0].model_validate(spec).to_wire(), dict)


@of_every_kind
@few_examples
@given(data=st.data())
def test_broken_specs_are_refused_by_the_contracts_or_by_the_schema_alone(
    kind: str, data: st.DataObject
) -> None:
    broken = data.draw(broken_values(spec_schema(kind)))

    assert broken.named.startswith(("spec", "1e400"))
    refused = not _contracts_accept(kind, broken.spec)
    assert refused or broken.how.startswith(SCHEMA_ALONE), broken


def test_every_way_to_be_wrong_is_found() -> None:
    found: set[str] = set()

    @few_examples
    @given(valid_values(spec_schema("TrainingRun")))
    def look(spec: Any) -> None:
        found.update(change.how for change in changes(spec_schema("TrainingRun"), spec))

    look()

    assert found >= {
        "a fraction",
        "an item twice",
        "does not match the pattern",
        "missing field",
        "nesting of 200 levels",
        "no value of the enumeration",
        "number beyond 64 bits",
        "string in place of integer",
        "too few items",
        "too large",
        "too long",
        "too many items",
        "too small",
        "unknown field",
    }


def test_a_pattern_is_found_in_a_rule_and_by_itself() -> None:
    rule = {"rule": "self.matches(r'^a$')", "message": "must be a"}

    assert pattern_of({"type": "string", "x-kubernetes-validations": [rule]}) == "^a$"
    assert pattern_of({"type": "string", "pattern": "^b$"}) == "^b$"
    assert pattern_of({"type": "string"}) is None


def test_sites_are_all_places_that_a_schema_describes() -> None:
    schema = spec_schema("Dataset")
    spec = {"source": {"s3": {"prefix": "raw/"}}, "target": {"column": "late"}}

    assert [site.path for site in sites(schema, spec)] == [
        (),
        ("source",),
        ("source", "s3"),
        ("source", "s3", "prefix"),
        ("target",),
        ("target", "column"),
    ]


def test_rules_are_obeyed_at_every_depth() -> None:
    spec = {
        "datasetName": "flights",
        "deployment": {"version": {"policy": "Pinned"}},
        "deploymentName": "mine",
    }

    assert obey(spec_schema("ModelPipeline"), spec) == {
        "datasetName": "flights",
        "deploymentName": "mine",
    }
    assert obey(spec_schema("ModelDeployment"), {"version": {"number": 3}}) == {"version": {}}


def test_a_number_that_python_cannot_write_is_written_raw() -> None:
    assert to_json(f'{{"seed": "{OVERFLOWING}"}}') == '{"seed": 1e400}'


def _contracts_accept(kind: str, spec: Any) -> bool:
    try:
        models_of(kind)[0].model_validate_json(to_json(json.dumps(spec)), strict=True)
    except ValidationError:
        return False
    return True
