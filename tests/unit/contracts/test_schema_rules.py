"""The API rules that every schema keeps, so that a new field cannot forget one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tidewheel_contracts.api.crd import custom_resource_definition
from tidewheel_contracts.api.kind import Kind
from tidewheel_contracts.api.v1alpha1 import KINDS

# YAML 1.1 reads these as true and false.
YAML_BOOLEANS = {"y", "n", "yes", "no", "on", "off"}
CAMEL_CASE = re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]+)*")
STRUCTURAL = {
    "type", "description", "default", "enum", "format", "pattern", "required", "properties",
    "items", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
    "maxProperties", "nullable", "x-kubernetes-validations", "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One schema inside a kind's schema; `name` is absent for list items."""

    path: str
    name: str | None
    schema: dict[str, Any]
    parent: dict[str, Any]


def _nodes(kind: Kind, *parts: str) -> list[Node]:
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    root = version["schema"]["openAPIV3Schema"]
    found: list[Node] = []
    for part in parts:
        found += _walk(root["properties"][part], root, f"{kind.name}.{part}", part)
    return found


def _walk(
    schema: dict[str, Any], parent: dict[str, Any], path: str, name: str | None
) -> Iterator[Node]:
    yield Node(path, name, schema, parent)
    for key, value in schema.get("properties", {}).items():
        yield from _walk(value, schema, f"{path}.{key}", key)
    if "items" in schema:
        yield from _walk(schema["items"], schema, f"{path}[]", None)


EVERYWHERE = [node for kind in KINDS for node in _nodes(kind, "spec", "status")]
SPECS = [node for kind in KINDS for node in _nodes(kind, "spec")]


def _of_type(*types: str) -> list[Node]:
    return [node for node in EVERYWHERE if node.schema.get("type") in types]


def test_only_structural_keywords_are_used() -> None:
    assert {node.path: set(node.schema) - STRUCTURAL for node in EVERYWHERE} == {
        node.path: set() for node in EVERYWHERE
    }


def test_every_node_has_a_type_that_is_no_float_but_values_of_estimator_parameters() -> None:
    allowed = {"object", "array", "string", "integer", "boolean"}

    others = [node for node in EVERYWHERE if node.schema.get("type") not in allowed]

    assert {node.path.rpartition(".")[2] for node in others} == {"values[]"}
    # Without `nullable`, a rule that compares whole specs refuses every write once there is a null.
    any_json = {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}
    assert all(node.schema == any_json for node in others)


def test_every_string_is_bounded() -> None:
    unbounded = [
        node.path
        for node in _of_type("string")
        if "maxLength" not in node.schema and "enum" not in node.schema
    ]

    assert unbounded == []


def test_every_integer_is_bounded_and_sized() -> None:
    for node in _of_type("integer"):
        assert {"minimum", "maximum"} <= node.schema.keys(), node.path
        fits = node.schema["maximum"] < 2**31
        assert node.schema["format"] == ("int32" if fits else "int64"), node.path


def test_every_list_is_bounded_and_says_how_it_merges() -> None:
    for node in _of_type("array"):
        assert "maxItems" in node.schema, node.path
        merge = node.schema.get("x-kubernetes-list-type")
        assert merge in {"atomic", "set", "map"}, node.path
        if merge == "map":
            keys = node.schema["x-kubernetes-list-map-keys"]
            assert set(keys) <= set(node.schema["items"]["required"]), node.path


def test_every_free_form_object_is_bounded() -> None:
    for node in _of_type("object"):
        if node.schema.get("x-kubernetes-preserve-unknown-fields"):
            assert "maxProperties" in node.schema, node.path
        else:
            assert node.schema["properties"], node.path


def test_every_enum_value_has_the_same_style() -> None:
    pascal_case = re.compile(r"([A-Z][a-z0-9]*)+")
    # A measure keeps the name that scikit-learn gives it.
    measures = ("metric.name", "thresholds[].metric", "fairness[].metric")
    enums = [
        node for node in EVERYWHERE if "enum" in node.schema and not node.path.endswith(measures)
    ]

    assert enums
    for node in enums:
        assert all(pascal_case.fullmatch(value) for value in node.schema["enum"]), node.path


def test_every_name_is_camel_case_and_no_yaml_boolean() -> None:
    names = {node.name for node in EVERYWHERE if node.name is not None}

    assert {name for name in names if not CAMEL_CASE.fullmatch(name)} == set()
    assert {name for name in names if name.lower() in YAML_BOOLEANS} == set()


def test_every_spec_field_is_described_by_a_sentence() -> None:
    missing = [
        node.path
        for node in SPECS
        if node.name is not None and not node.schema.get("description", "").endswith(".")
    ]

    assert missing == []


def test_every_optional_spec_field_shows_its_default_or_may_be_absent() -> None:
    """A required field has no default, and a default satisfies its own type."""
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    for node in SPECS:
        if "default" in node.schema:
            assert node.name not in node.parent.get("required", []), node.path
            assert type(node.schema["default"]) is types[node.schema["type"]], node.path


def test_every_rule_has_a_message() -> None:
    rules = [
        rule for node in EVERYWHERE for rule in node.schema.get("x-kubernetes-validations", [])
    ]

    assert rules
    says_what_to_do = re.compile(r"\b(must|needs)\b")
    assert [rule for rule in rules if not says_what_to_do.search(rule["message"])] == []


@pytest.mark.parametrize("names", ["name", "plural", "short_name"])
def test_names_of_kinds_do_not_collide(names: str) -> None:
    values = [getattr(kind, names) for kind in KINDS]

    assert len(set(values)) == len(values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kubectl_shows_whether_an_object_is_ready_and_how_old_it_is(kind: Kind) -> None:
    columns = {column.name: column for column in kind.columns}

    assert columns["Ready"].json_path == '.status.conditions[?(@.type=="Ready")].status'
    assert columns["Message"].wide
    assert kind.columns[-1].name == "Age"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_columns_name_fields_that_exist(kind: Kind) -> None:
    paths = {
        node.path.removeprefix(kind.name): node.schema.get("type")
        for node in _nodes(kind, "spec", "status")
    }

    for column in kind.columns:
        if "[?" not in column.json_path and not column.json_path.startswith(".metadata."):
            path = column.json_path.replace("[*]", "[]")
            assert paths[path] == column.type, column.name
