"""ModelAlias: a name of a model's version that people move, and who moved it when."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    Count,
    KindName,
    Moment,
    UserName,
    VersionNumber,
    Words,
)
from tidewheel_contracts.api.v1alpha1.common import AGE, MESSAGE, READY, REASON, Status
from tidewheel_contracts.api.v1alpha1.model_approval import Explanation

__all__ = [
    "LONGEST_HISTORY",
    "MODEL_ALIAS",
    "AliasChange",
    "AliasName",
    "ModelAliasSpec",
    "ModelAliasStatus",
    "Reason",
    "alias_object_name",
]

LONGEST_HISTORY = 50

# Without '-', so that one object's name is of one model and one alias; and not like 'v3', which
# would pass for a version.
AliasName = Annotated[
    str,
    Field(max_length=20, pattern=r"^([a-uw-z][a-z0-9]*|v([0-9]*[a-z][a-z0-9]*)?)$"),
    Words(
        "must be at most 20 characters of a-z and 0-9, start with a letter, and not look like the "
        "number of a version, such as 'v3'"
    ),
]


def alias_object_name(model: str, alias: str) -> str:
    """Return the name of the ModelAlias that is an alias of a model."""
    return f"{model}-{alias}"


class Reason(StrEnum):
    """Reasons of the Ready condition of a ModelAlias."""

    POINTING = "Pointing"  # the version is registered
    VERSION_MISSING = "VersionMissing"  # the model has no version of the number
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


class ModelAliasSpec(ApiModel):
    """Which version of a model has the name now, and who said so; model and alias are its name."""

    model_name: Annotated[KindName, Field(description="Model that the alias belongs to.")]
    alias: Annotated[AliasName, Field(description="Name that a version of the model gets.")]
    number: Annotated[VersionNumber, Field(description="Version that has the name.")]
    changed_by: Annotated[
        UserName,
        Field(
            description="User name of whoever creates or moves the alias: that of the caller, as "
            "`kubectl auth whoami` tells it."
        ),
    ]
    reason: Annotated[Explanation, Field(description="Why the version got the name.")]


class AliasChange(ApiModel):
    """One spec of the alias that the operator saw."""

    generation: Annotated[
        Count,
        Field(description="Generation of the spec; a gap was changed again before it was seen."),
    ]
    changed_by: Annotated[UserName, Field(description="Who changed it.")]
    time: Annotated[Moment, Field(description="When the operator saw the change.")]
    from_number: Annotated[
        VersionNumber | None, Field(description="Version that had the name before, if one had.")
    ] = None
    to_number: Annotated[VersionNumber, Field(description="Version that got it.")]
    reason: Annotated[Explanation, Field(description="Why.")]


class ModelAliasStatus(Status):
    """What the alias points at, and how it came there."""

    version_name: Annotated[
        str | None,
        Field(max_length=63, description="ModelVersion that it points at, if that is there."),
    ] = None
    history: Annotated[
        tuple[AliasChange, ...],
        Field(
            max_length=LONGEST_HISTORY,
            description="The last changes, the newest first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()


MODEL_ALIAS = Kind(
    name="ModelAlias",
    plural="modelaliases",
    short_name="malias",
    description="A name of a model's version that people move, and who moved it when.",
    spec=ModelAliasSpec,
    status=ModelAliasStatus,
    columns=(
        PrinterColumn("Model", ".spec.modelName"),
        PrinterColumn("Alias", ".spec.alias"),
        PrinterColumn("Number", ".spec.number", type="integer"),
        PrinterColumn("By", ".spec.changedBy"),
        READY,
        REASON,
        MESSAGE,
        AGE,
    ),
    root_rules=(
        (
            "self.metadata.name == '%s-%s'.format([self.spec.modelName, self.spec.alias])",
            "`metadata.name` must be '<modelName>-<alias>'",
        ),
    ),
)
