"""What becomes of a model on its way to a CustomResourceDefinition."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import ConfigDict, Field

from tidewheel_contracts.api.crd import custom_resource_definition, structural_schema
from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import ApiModel, Words, rules
from tidewheel_contracts.api.v1alpha1.common import Status, pending_conditions


class Color(StrEnum):
    """A color."""

    RED = "Red"


class Inner(ApiModel):
    """Something inside."""

    some_count: Annotated[int, Field(ge=0, le=10, description="How many.")] = 1
    label: Annotated[str | None, Field(max_length=5)] = None


class Spec(ApiModel):
    """What is wanted."""

    model_config = ConfigDict(json_schema_extra=rules(("self.size > 0", "`size` must be positive")))

    inner: Annotated[Inner, Field(description="Its own words win.")] = Inner(some_count=2)
    plain: Inner
    color: Annotated[Color | None, Field(description="Which color.")] = None
    fixed: Literal["One"] = "One"
    size: Annotated[int, Field(ge=0, le=2**31)]
    parameters: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            max_length=4,
            json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
        ),
    ]


THING = Kind(
    name="Thing",
    plural="things",
    short_name="th",
    description="A thing.",
    spec=Spec,
    status=Status,
    columns=(
        PrinterColumn("Size", ".spec.size", type="integer"),
        PrinterColumn("Color", ".spec.color", wide=True),
    ),
    root_rules=(("self.metadata.name != 'x'", "`metadata.name` must not be 'x'"),),
)

INNER = {
    "type": "object",
    "description": "Something inside.",
    "properties": {
        "someCount": {
            "type": "integer",
            "format": "int32",
            "minimum": 0,
            "maximum": 10,
            "default": 1,
            "description": "How many.",
        },
        "label": {"type": "string", "maxLength": 5},
    },
}


def test_model_becomes_a_structural_schema() -> None:
    assert structural_schema(Spec) == {
        "type": "object",
        "description": "What is wanted.",
        "required": ["plain", "size"],
        "x-kubernetes-validations": [
            {"rule": "self.size > 0", "message": "`size` must be positive"}
        ],
        "properties": {
            "inner": {**INNER, "description": "Its own words win.", "default": {"someCount": 2}},
            "plain": INNER,
            "color": {"type": "string", "enum": ["Red"], "description": "Which color."},
            "fixed": {"type": "string", "enum": ["One"], "default": "One"},
            "size": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**31},
            "parameters": {
                "type": "object",
                "maxProperties": 4,
                "x-kubernetes-preserve-unknown-fields": True,
            },
        },
    }


def test_kind_becomes_a_definition() -> None:
    definition = custom_resource_definition(THING)
    version = definition["spec"]["versions"][0]
    del version["schema"]

    assert definition == {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.tidewheel.dev"},
        "spec": {
            "group": "tidewheel.dev",
            "scope": "Namespaced",
            "names": {
                "kind": "Thing",
                "listKind": "ThingList",
                "plural": "things",
                "singular": "thing",
                "shortNames": ["th"],
                "categories": ["tidewheel"],
            },
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                        {
                            "name": "Color",
                            "type": "string",
                            "jsonPath": ".spec.color",
                            "priority": 1,
                        },
                    ],
                }
            ],
        },
    }


def test_rules_about_the_name_point_at_the_name() -> None:
    root = _root(THING)

    assert root["required"] == ["spec"]
    assert root["properties"]["metadata"]["properties"] == {"name": {"type": "string"}}
    assert root["x-kubernetes-validations"] == [
        {
            "rule": "self.metadata.name != 'x'",
            "message": "`metadata.name` must not be 'x'",
            "fieldPath": ".metadata.name",
        }
    ]


def test_status_is_pending_by_default_and_has_no_other_default() -> None:
    status = _root(THING)["properties"]["status"]

    assert status.pop("default") == {"conditions": pending_conditions()}
    assert "'default'" not in str(status)


def test_pattern_with_words_becomes_a_rule() -> None:
    class Named(ApiModel):
        name: Annotated[str, Field(max_length=3, pattern=r"^[a-z]\.+$"), Words("must be short")]
        again: Annotated[str, Field(pattern=r"^x$"), Words("must be x")] | None = None

    assert structural_schema(Named)["properties"] == {
        "name": {
            "type": "string",
            "maxLength": 3,
            "x-kubernetes-validations": [
                {"rule": r"self.matches(r'^[a-z]\.+$')", "message": "must be short"}
            ],
        },
        "again": {
            "type": "string",
            "x-kubernetes-validations": [{"rule": "self.matches(r'^x$')", "message": "must be x"}],
        },
    }


class Union(ApiModel):
    """A field of two types."""

    value: int | str


class Exclusive(ApiModel):
    """A bound that CRDs know in another form only."""

    value: Annotated[int, Field(gt=0)]


class Pair(ApiModel):
    """A list whose items differ."""

    value: tuple[int, str]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Union, "Union.value is a union; only `or None` has a counterpart"),
        (Exclusive, "`exclusiveMinimum` of Exclusive.value has no counterpart in a structural"),
        (Pair, "`prefixItems` of Pair.value has no counterpart in a structural schema"),
    ],
)
def test_what_a_definition_cannot_say_is_refused(model: type[ApiModel], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        structural_schema(model)


def _root(kind: Kind) -> dict[str, Any]:
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    root: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return root
