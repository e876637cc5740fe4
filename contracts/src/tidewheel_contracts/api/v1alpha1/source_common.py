"""What the sources of several kinds have in common."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, Words

__all__ = ["Address", "Cursor", "FieldPath", "Host", "Port", "Servers", "Tls"]

Host = Annotated[
    str,
    Field(max_length=253, pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"),
    Words("must be a host name or an IPv4 address, without scheme, port or path"),
]
Address = Annotated[
    str,
    Field(max_length=260, pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}$"),
    Words("must be a host and a port, such as 'kafka.data.svc:9092'"),
]
Servers = Annotated[
    tuple[Address, ...],
    Field(min_length=1, max_length=16, json_schema_extra={"x-kubernetes-list-type": "set"}),
]
Port = Annotated[int, Field(ge=1, le=65535)]
TableName = Annotated[
    str,
    Field(max_length=257, pattern=r"^[^.\"`\x00]{1,128}([.][^.\"`\x00]{1,128})?$"),
    Words("must be a name, or a schema and a name with a dot between, without quotes"),
]
# A path through nested JSON objects: names joined by dots.
FieldPath = Annotated[str, Field(min_length=1, max_length=256)]


class Tls(StrEnum):
    """How a connection is protected."""

    VERIFIED = "Verified"  # encrypted, and the server proves its name
    ENCRYPTED = "Encrypted"  # encrypted, whoever the server is
    DISABLED = "Disabled"


class Cursor(ApiModel):
    """A column whose values only grow: each collection reads on from the highest that it saw."""

    column: Annotated[
        ColumnName,
        Field(
            description="Column that grows with every new row, such as a number or a time of "
            "writing. A row that appears later with a lower value is never read."
        ),
    ]
