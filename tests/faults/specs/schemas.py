"""What the CRD files say about a kind's spec: its schema, the patterns and the rules in it."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tidewheel_dev import paths

__all__ = ["KINDS", "cross_rules", "keeps_unknown", "pattern_of", "spec_schema", "takes_any"]

Object = dict[str, Any]

KINDS = {
    "ArtifactStore": "artifactstores",
    "Dataset": "datasets",
    "TrainingRun": "trainingruns",
    "ModelVersion": "modelversions",
    "ModelApproval": "modelapprovals",
    "ModelAlias": "modelaliases",
    "ModelDeployment": "modeldeployments",
    "ModelPipeline": "modelpipelines",
}
# A pattern that refuses in words is a rule; see `Words` in the contracts.
_MATCHES = re.compile(r"self\.matches\(r'(?P<pattern>.*)'\)", re.DOTALL)


@functools.cache
def spec_schema(kind: str) -> Object:
    """Return the schema of a kind's spec."""
    crd = yaml.safe_load((paths.REPOSITORY / "crds" / f"{KINDS[kind]}.yaml").read_text())
    schema: Object = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: Object = schema["properties"]["spec"]
    return found


def pattern_of(schema: Object) -> str | None:
    """Return the regular expression that a string must match."""
    for rule in _rules(schema):
        found = _MATCHES.fullmatch(rule)
        if found is not None:
            return found["pattern"]
    pattern: str | None = schema.get("pattern")
    return pattern


def cross_rules(schema: Object) -> Iterator[str]:
    """Return the rules of a schema, at any depth, that are more than a pattern."""
    yield from (rule for rule in _rules(schema) if _MATCHES.fullmatch(rule) is None)
    for child in schema.get("properties", {}).values():
        yield from cross_rules(child)
    if "items" in schema:
        yield from cross_rules(schema["items"])


def keeps_unknown(schema: Object) -> bool:
    """Tell whether an object may hold fields that its schema does not name."""
    return bool(schema.get("x-kubernetes-preserve-unknown-fields"))


def _rules(schema: Object) -> list[str]:
    return [item["rule"] for item in schema.get("x-kubernetes-validations", ())]


def takes_any(schema: Object) -> bool:
    """Tell whether a value may be any JSON."""
    return "type" not in schema
