"""Sources that are files in a bucket: objects of several formats, and table formats over them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import (
    ApiModel,
    BucketKey,
    BucketName,
    ColumnName,
    EndpointUrl,
    ObjectName,
    Region,
)

__all__ = ["Bucket", "Csv", "DataFormat", "S3Source", "TableFormat", "TableSource"]


class DataFormat(StrEnum):
    """Formats of files; `.gz` and `.zst` at the end of a name say that a file is compressed."""

    PARQUET = "Parquet"
    CSV = "Csv"
    JSON_LINES = "JsonLines"


class Csv(ApiModel):
    """How CSV files (RFC 4180) are read; without this, a header and commas."""

    delimiter: Annotated[
        str, Field(min_length=1, max_length=1, description="What separates two values.")
    ] = ","
    null_values: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...],
        Field(
            max_length=16,
            description="Texts, outside quotes, that mean no value.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ("",)
    column_names: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=1024,
            description="Names of the columns of files without a header.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()


class Bucket(ApiModel):
    """A bucket other than the ArtifactStore's; it is only read."""

    endpoint: Annotated[
        EndpointUrl,
        Field(description="URL of the S3 endpoint: scheme, host and port, no path."),
    ]
    bucket: Annotated[BucketName, Field(description="Name of the bucket.")]
    region: Annotated[Region, Field(description="S3 region.")] = "us-east-1"
    secret_name: Annotated[
        ObjectName,
        Field(description="Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."),
    ]


class S3Source(ApiModel):
    """Objects below a prefix of a bucket; every object's rows belong to the data set."""

    prefix: Annotated[
        BucketKey, Field(description="Objects whose keys begin with this are the source.")
    ]
    pattern: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=256,
            description="Of these, only objects whose key after the prefix matches: '*' stands "
            "for any characters but '/', '**' for any, '?' for one.",
        ),
    ] = None
    format: Annotated[DataFormat, Field(description="Format of every object.")] = DataFormat.PARQUET
    csv: Annotated[Csv, Field(description="How CSV objects are read.")] = Csv()
    bucket: Annotated[
        Bucket | None, Field(description="The bucket, when it is not the ArtifactStore's.")
    ] = None


class TableFormat(StrEnum):
    """Table formats over Parquet files, with versions of their own."""

    DELTA = "Delta"
    ICEBERG = "Iceberg"


class TableSource(ApiModel):
    """The newest version of a Delta Lake or Iceberg table; the version is recorded as lineage."""

    format: Annotated[TableFormat, Field(description="Format of the table.")]
    prefix: Annotated[BucketKey, Field(description="The table's folder in the bucket.")]
    bucket: Annotated[
        Bucket | None, Field(description="The bucket, when it is not the ArtifactStore's.")
    ] = None
