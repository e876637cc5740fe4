"""The base of every API model and the bounded field types that the kinds are built from."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "ApiModel",
    "BucketKey",
    "ColumnName",
    "Count",
    "DecimalText",
    "Digest",
    "KindName",
    "MemoryQuantity",
    "Message",
    "ObjectName",
    "Time",
    "Uid",
    "VersionNumber",
    "rules",
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
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """Return the schema extension that carries CEL rules with their messages."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": text} for rule, text in pairs]}


# A whole object's name; children append a hash, so kinds that have children stay at 40 characters.
KindName = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
]
ObjectName = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
]
ColumnName = Annotated[str, Field(min_length=1, max_length=128)]
# No `..` and no leading slash: S3 servers disagree about both.
BucketKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        pattern=r"^[^/\x00-\x1f][^\x00-\x1f]*$",
        json_schema_extra=rules(
            ("!self.matches('(^|/)[.]{1,2}(/|$)')", "must not have a folder named '.' or '..'"),
        ),
    ),
]
Digest = Annotated[str, Field(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
DecimalText = Annotated[str, Field(max_length=24, pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,10})?$")]
MemoryQuantity = Annotated[str, Field(max_length=16, pattern=r"^[1-9][0-9]{0,8}(Mi|Gi)$")]
Message = Annotated[str, Field(max_length=4096)]
Time = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]
Uid = Annotated[str, Field(min_length=1, max_length=64)]
# Rows, bytes, generations: up to what JSON readers in every language hold exactly.
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
VersionNumber = Annotated[int, Field(ge=1, le=1_000_000)]

Json = Mapping[str, Any]
