"""Turn a Kind into its CustomResourceDefinition; pure, and strict about what CRDs can express.

The API server takes structural schemas only: no references, no unions, no closed objects. What
pydantic generates is rewritten to that, and whatever has no counterpart is refused here, long
before an API server would refuse it or, worse, silently drop it.
"""

from collections.abc import Mapping
from typing import Any

from tidewheel_contracts.api.kind import GROUP, VERSION, Kind, PrinterColumn
from tidewheel_contracts.api.model import ApiModel

__all__ = ["CATEGORY", "custom_resource_definition", "structural_schema"]

CATEGORY = "tidewheel"

Schema = dict[str, Any]

_INT32_MAX = 2**31 - 1
_KEPT = frozenset(
    {
        "default", "description", "enum", "format", "maxItems", "maxLength", "maxProperties",
        "maximum", "minItems", "minLength", "minimum", "nullable", "pattern", "required", "type",
    }
)  # fmt: skip
# `title` repeats the name; `additionalProperties` of an object is implied by pruning.
_DROPPED = frozenset({"$defs", "title", "additionalProperties"})


def custom_resource_definition(kind: Kind) -> Schema:
    """Return the CustomResourceDefinition of a kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.singular,
                "shortNames": [kind.short_name],
                "categories": [CATEGORY],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _root_schema(kind)},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [_printer_column(c) for c in kind.columns],
                }
            ],
        },
    }


def structural_schema(model: type[ApiModel]) -> Schema:
    """Return the structural schema of a model, everything inlined."""
    generated = model.model_json_schema()
    return _structural(generated, generated.get("$defs", {}), model.__name__)


def _root_schema(kind: Kind) -> Schema:
    root: Schema = {
        "type": "object",
        "description": kind.description,
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # Declared only so that a rule may point at it.
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": structural_schema(kind.spec),
            "status": _status_schema(kind),
        },
    }
    if kind.root_rules:
        root["x-kubernetes-validations"] = [
            {"rule": rule, "message": message, "fieldPath": ".metadata.name"}
            for rule, message in kind.root_rules
        ]
    return root


def _status_schema(kind: Kind) -> Schema:
    """Return the status schema; only the status as a whole has a default.

    So an object says Ready=Unknown before the operator ran, and a field that the operator removed
    does not come back.
    """
    schema = structural_schema(kind.status)
    pending = schema["properties"]["conditions"]["default"]
    bare: Schema = _without_defaults(schema)
    return {**bare, "default": {"conditions": pending}}


def _printer_column(column: PrinterColumn) -> Schema:
    entry: Schema = {"name": column.name, "type": column.type, "jsonPath": column.json_path}
    return {**entry, "priority": 1} if column.wide else entry


def _structural(node: Mapping[str, Any], definitions: Mapping[str, Any], path: str) -> Schema:
    resolved = _resolve(node, definitions, path)
    result: Schema = {}
    for key, value in resolved.items():
        if key == "properties":
            result[key] = {
                name: _structural(part, definitions, f"{path}.{name}")
                for name, part in value.items()
            }
        elif key == "items":
            result[key] = _structural(value, definitions, f"{path}[]")
        elif key == "const":
            result["enum"] = [value]
        elif key == "default":
            if value is not None:
                result[key] = _without_nulls(value)
        elif key in _KEPT or key.startswith("x-kubernetes-"):
            result[key] = value
        elif key not in _DROPPED:
            raise ValueError(f"`{key}` of {path} has no counterpart in a structural schema")
    if result.get("type") == "integer":
        # Clients in other languages pick their integer type by this.
        wide = result.get("maximum", _INT32_MAX + 1) > _INT32_MAX
        result["format"] = "int64" if wide else "int32"
    return result


def _resolve(node: Mapping[str, Any], definitions: Mapping[str, Any], path: str) -> Schema:
    """Return the node without references and without `or null`; what it says itself wins."""
    own = dict(node)
    if "$ref" in own:
        name = own.pop("$ref").rpartition("/")[2]
        return {**_resolve(definitions[name], definitions, path), **own}
    if "anyOf" in own:
        options = [option for option in own.pop("anyOf") if option.get("type") != "null"]
        if len(options) != 1:
            raise ValueError(f"{path} is a union; only `or None` has a counterpart")
        return {**_resolve(options[0], definitions, path), **own}
    return own


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


def _without_defaults(schema: Schema) -> Schema:
    bare = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in bare:
        bare["properties"] = {
            name: _without_defaults(part) for name, part in bare["properties"].items()
        }
    if "items" in bare:
        bare["items"] = _without_defaults(bare["items"])
    return bare
