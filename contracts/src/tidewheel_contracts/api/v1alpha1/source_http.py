"""Sources that answer HTTP requests."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, ObjectName, Words, rules
from tidewheel_contracts.api.v1alpha1.source_common import FieldPath
from tidewheel_contracts.api.v1alpha1.source_files import Csv

__all__ = [
    "HttpCursor",
    "HttpFormat",
    "HttpPages",
    "HttpSource",
    "LinkPages",
    "OffsetPages",
    "TokenPages",
]


class LinkPages(ApiModel):
    """Each answer names the next page: in its `Link` header (RFC 8288) or in a field."""

    field: Annotated[
        FieldPath | None,
        Field(description="Field with the next page's URL; without it the `Link` header."),
    ] = None


class OffsetPages(ApiModel):
    """Pages are asked for by the number of rows before them; an empty page is the end."""

    offset_parameter: Annotated[
        str, Field(min_length=1, max_length=64, description="Query parameter of the offset.")
    ] = "offset"
    limit_parameter: Annotated[
        str, Field(min_length=1, max_length=64, description="Query parameter of the page's size.")
    ] = "limit"
    limit: Annotated[int, Field(ge=1, le=100_000, description="Rows of a page.")] = 1000


class TokenPages(ApiModel):
    """Each answer has a token that asks for the next page; none, or an empty one, is the end."""

    parameter: Annotated[
        str, Field(min_length=1, max_length=64, description="Query parameter of the token.")
    ]
    field: Annotated[FieldPath, Field(description="Field of the answer that has the token.")]


class HttpPages(ApiModel):
    """How an answer in pages goes on."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.link), has(self.offset), has(self.token)].filter(x, x).size() == 1",
                "exactly one of `link`, `offset` and `token` must be given",
            )
        )
    )

    link: Annotated[LinkPages | None, Field(description="The answer names the next page.")] = None
    offset: Annotated[OffsetPages | None, Field(description="Pages are counted in rows.")] = None
    token: Annotated[TokenPages | None, Field(description="The answer has a token.")] = None


class HttpCursor(ApiModel):
    """Ask only for rows after the highest value of a column that was seen."""

    column: Annotated[ColumnName, Field(description="Column that grows with every new row.")]
    parameter: Annotated[
        str,
        Field(min_length=1, max_length=64, description="Query parameter that takes the value."),
    ]


class HttpFormat(StrEnum):
    """Formats of an HTTP answer."""

    JSON = "Json"
    JSON_LINES = "JsonLines"
    CSV = "Csv"


class HttpSource(ApiModel):
    """Rows that a server gives to GET requests."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.rows) || self.format == 'Json'",
                "`rows` is a field of a JSON answer: it needs the format Json",
            ),
            (
                "!has(self.pages) || !has(self.pages.token) || self.format == 'Json'",
                "`pages.token` is in a field of a JSON answer: it needs the format Json",
            ),
            (
                "!has(self.pages) || !has(self.pages.link) || !has(self.pages.link.field) || "
                "self.format == 'Json'",
                "`pages.link.field` is a field of a JSON answer: it needs the format Json; without "
                "it the `Link` header names the next page",
            ),
        )
    )

    url: Annotated[
        str,
        Field(
            max_length=2048,
            pattern=r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?(/[^\s#]*)?(\?[^\s#]*)?$",
            description="Where the rows are; never with a credential in it.",
        ),
        Words(
            "must begin with 'http://' or 'https://' and a host, without credentials, spaces or a "
            "fragment"
        ),
    ]
    format: Annotated[HttpFormat, Field(description="Format of the answers.")] = HttpFormat.JSON
    rows: Annotated[
        FieldPath | None,
        Field(description="Field of a JSON answer that has the list of rows; else it is the list."),
    ] = None
    csv: Annotated[Csv, Field(description="How CSV answers are read.")] = Csv()
    pages: Annotated[HttpPages | None, Field(description="How the answer goes on.")] = None
    cursor: Annotated[
        HttpCursor | None,
        Field(description="Ask for new rows only. Without it all rows are read when they change."),
    ] = None
    headers_secret_name: Annotated[
        ObjectName | None,
        Field(description="Secret whose keys and values are sent as headers, to this host only."),
    ] = None
