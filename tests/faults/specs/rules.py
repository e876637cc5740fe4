"""The rules between fields, each with how to obey it and how to break it.

The schema words give a field's own values; what fields owe each other is an expression that no
strategy can read. A unit test fails when a CRD gains a rule that is not here.
"""

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.faults.specs.rule import Rule
from tests.faults.specs.rules_of_data import RULES_OF_DATA
from tests.faults.specs.rules_of_training import RULES_OF_TRAINING

from tidewheel_contracts.api.v1alpha1.training_run import ONLY_SUSPEND_CHANGES, TrainingRunSpec

__all__ = ["OF_CHANGES", "RULES", "Rule", "obey"]

Object = dict[str, Any]


def _distinct_columns(spec: Object) -> None:
    if spec.get("time", {}).get("column") == spec["target"]["column"]:
        del spec["time"]


def _number_while_pinned(version: Object) -> None:
    if version.get("policy", "Latest") == "Pinned":
        version.setdefault("number", 1)
    else:
        version.pop("number", None)


def _alias_while_followed(version: Object) -> None:
    if version.get("policy", "Latest") == "Alias":
        version.setdefault("alias", "prod")
    else:
        version.pop("alias", None)


def _one_deployment(spec: Object) -> None:
    if "deploymentName" in spec:
        spec.pop("deployment", None)
    else:
        spec.setdefault("deployment", {})


def _disjoint(features: Object) -> None:
    numeric = features.get("numeric", [])
    if "categorical" in features:
        features["categorical"] = [x for x in features["categorical"] if x not in numeric]


_PUBLIC_KEY = {
    "name": "key",
    "pem": "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt7bB3UeI9zxmhDgcszROSSeUP6d0\n"
    "Ly0kmeiDLMWZ6QuA8Q5jUrHuUDvsLYIrweH5im2o8E6RPWSj/2dIANNPag==\n"
    "-----END PUBLIC KEY-----\n",
}


def _signed_or_verified(signing: Object) -> None:
    if not signing.get("publicKeys"):
        signing.setdefault("secretName", "signing-key")


def _verified_with_a_key(signing: Object) -> None:
    if signing.get("required") and not signing.get("publicKeys"):
        signing["publicKeys"] = [dict(_PUBLIC_KEY)]


def _neither_signed_nor_verified(signing: Object) -> None:
    signing.clear()


# What is applied in place of another; a chain of such objects deletes and creates.
IMMUTABLE = "self == oldSelf"
# Of an approval all stays but that it may be taken back, once.
_DECIDED = (
    "self.modelVersionName == oldSelf.modelVersionName && self.decision == oldSelf.decision && "
    "self.reason == oldSelf.reason && self.approver == oldSelf.approver"
)
_REVOKED = (
    "!has(oldSelf.revocation) || has(self.revocation) && self.revocation == oldSelf.revocation"
)
# Of a run all stays but whether it is suspended; the rule names each field.
[_ONLY_SUSPENDED] = [
    item["rule"]
    for item in TrainingRunSpec.model_json_schema()["x-kubernetes-validations"]
    if item["message"] == ONLY_SUSPEND_CHANGES
]
# Rules about a change: one object alone neither obeys nor breaks them.
OF_CHANGES = (IMMUTABLE, _DECIDED, _REVOKED, _ONLY_SUSPENDED)
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "!has(self.time) || self.time.column != self.target.column": Rule(
            _distinct_columns, lambda spec: spec.update(time=dict(spec["target"]))
        ),
        "self.policy == 'Pinned' ? has(self.number) : !has(self.number)": Rule(
            _number_while_pinned, lambda version: version.update(policy="Latest", number=7)
        ),
        "self.policy == 'Alias' ? has(self.alias) : !has(self.alias)": Rule(
            _alias_while_followed,
            lambda version: version.update(policy="LatestApproved", alias="prod"),
        ),
        "has(self.deployment) != has(self.deploymentName)": Rule(
            _one_deployment, lambda spec: spec.update(deployment={}, deploymentName="other")
        ),
        "!sets.intersects(self.numeric, self.categorical)": Rule(
            _disjoint, lambda features: features.update(numeric=["same"], categorical=["same"])
        ),
        "has(self.secretName) || has(self.publicKeys) && self.publicKeys.size() > 0": Rule(
            _signed_or_verified, _neither_signed_nor_verified
        ),
        "!has(self.required) || !self.required || "
        "has(self.publicKeys) && self.publicKeys.size() > 0": Rule(
            _verified_with_a_key,
            lambda signing: signing.update(secretName="key", required=True, publicKeys=[]),
        ),
        **dict.fromkeys(OF_CHANGES, Rule(lambda spec: None, lambda spec: None)),
        **RULES_OF_DATA,
        **RULES_OF_TRAINING,
    }
)


def obey(schema: Object, value: Any) -> Any:
    """Return the value with everything in it changed that the rules would refuse."""
    return _obeying(schema, copy.deepcopy(value))


def _obeying(schema: Object, value: Any) -> Any:
    if isinstance(value, list):
        return [_obeying(schema["items"], item) for item in value]
    if not isinstance(value, dict):
        return value
    for item in schema.get("x-kubernetes-validations", ()):
        RULES[item["rule"]].obey(value)
    for name, child in schema.get("properties", {}).items():
        if name in value:
            value[name] = _obeying(child, value[name])
    return value
