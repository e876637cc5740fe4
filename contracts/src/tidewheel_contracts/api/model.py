"""The base of every API model and the bounded field types that the kinds are built from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

__all__ = [
    "ApiModel",
    "BucketKey",
    "BucketName",
    "ColumnName",
    "Count",
    "DecimalText",
    "Digest",
    "EndpointUrl",
    "KindName",
    "MemoryQuantity",
    "Message",
    "Moment",
    "ObjectName",
    "Region",
    "Time",
    "Uid",
    "UserName",
    "VersionNumber",
    "Words",
    "rules",
    "without_absent",
]


class ApiModel(BaseModel):
    """A frozen part of a custom resource; unknown fields of a newer schema are survived."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        use_enum_values=False,
    )

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON form with camelCase names and without absent fields."""
        return without_absent(self.model_dump(mode="json", by_alias=True))


# Parameters of an estimator, and a filter of MongoDB; a step's filter has no nulls.
_FREE_FORM = frozenset({"parameters", "filter"})


def without_absent(value: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object without its nulls, but with those of free-form fields.

    There a null is a value (`max_leaf_nodes: null` of an estimator, `deleted: null` of a filter);
    everywhere else it is a field not given.
    """
    return {
        key: item if key in _FREE_FORM else _without_absent(item)
        for key, item in value.items()
        if item is not None
    }


def _without_absent(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return without_absent(value)
    if isinstance(value, list):
        return [_without_absent(item) for item in value]
    return value


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """Return the schema extension that carries CEL rules with their messages."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": text} for rule, text in pairs]}


@dataclass(frozen=True, slots=True)
class Words:
    """Says in words what a field's pattern asks for.

    The API server answers a broken pattern with the regular expression, and a broken rule with the
    rule's message: so the CRD carries the pattern as a rule.
    """

    message: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Replace the pattern by a CEL rule."""
        schema = handler(core_schema)
        rule = {"rule": f"self.matches(r'{schema.pop('pattern')}')", "message": self.message}
        return {**schema, "x-kubernetes-validations": [rule]}


# A whole object's name; children append a hash, so kinds that have children stay at 40 characters.
KindName = Annotated[
    str,
    Field(max_length=40, pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$"),
    Words(
        "must be at most 40 characters of a-z, 0-9 and '-', start with a letter and end with a "
        "letter or digit"
    ),
]
ObjectName = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    Words(
        "must be at most 63 characters of a-z, 0-9 and '-', and start and end with a letter or "
        "digit"
    ),
]
ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
# A folder's name that is neither `.` nor `..`.
_FOLDER = r"([^/.\x00-\x1f]|[.][^/.\x00-\x1f]|[.]{2}[^/\x00-\x1f])[^/\x00-\x1f]*"
# S3 servers disagree about leading slashes, empty folders and `..`.
BucketKey = Annotated[
    str,
    Field(max_length=512, pattern=rf"^{_FOLDER}(/{_FOLDER})*/?$"),
    Words(
        "must be names joined by '/', without a leading '/', empty names, '.', '..' or control "
        "characters"
    ),
]
EndpointUrl = Annotated[
    str,
    Field(max_length=253, pattern=r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$"),
    Words(
        "must be 'http://' or 'https://', a host and an optional port, without credentials or path"
    ),
]
BucketName = Annotated[
    str,
    Field(max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"),
    Words(
        "must be 3 to 63 characters of a-z, 0-9, '.' and '-', and start and end with a letter or "
        "digit"
    ),
]
Region = Annotated[
    str,
    Field(max_length=40, pattern=r"^[a-z0-9-]+$"),
    Words("must be characters of a-z, 0-9 and '-'"),
]
Digest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
DecimalText = Annotated[
    str,
    Field(max_length=24, pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,10})?$"),
    Words("must be a decimal number in quotes, such as '0.70'"),
]
MemoryQuantity = Annotated[
    str,
    Field(max_length=16, pattern=r"^[1-9][0-9]{0,8}(Mi|Gi)$"),
    Words("must be a whole number of 'Mi' or 'Gi', such as '512Mi'"),
]
Message = Annotated[str, Field(max_length=4096)]
Time = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]


def _with_zone(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("must name its time zone, such as '2026-01-02T03:04:05Z'")
    return text


# A time that the operator reckons with: one that cannot be read must not get as far as that.
Moment = Annotated[Time, AfterValidator(_with_zone)]
Uid = Annotated[str, Field(min_length=1, max_length=64)]
# Kubernetes knows no limit; the longest name of a ServiceAccount has 339 characters.
UserName = Annotated[str, Field(min_length=1, max_length=512)]
# Rows, bytes, generations: up to what JSON readers in every language hold exactly.
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
VersionNumber = Annotated[int, Field(ge=1, le=1_000_000)]

Json = Mapping[str, Any]
