"""Where a Dataset's rows come from: exactly one source, each kind with a model of its own."""

from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, rules
from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource, SqlSource
from tidewheel_contracts.api.v1alpha1.source_files import S3Source, TableSource
from tidewheel_contracts.api.v1alpha1.source_http import HttpSource
from tidewheel_contracts.api.v1alpha1.source_streams import StreamSource

__all__ = ["Source", "source_secret_name"]


class Source(ApiModel):
    """Exactly one source of rows."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.s3), has(self.sql), has(self.table), has(self.mongo), has(self.http), "
                "has(self.stream)].filter(x, x).size() == 1",
                "`source` must name one source: `s3`, `sql`, `table`, `mongo`, `http` or `stream`",
            )
        )
    )

    s3: Annotated[S3Source | None, Field(description="Objects of a bucket.")] = None
    sql: Annotated[SqlSource | None, Field(description="A table or query of a database.")] = None
    table: Annotated[TableSource | None, Field(description="A Delta Lake or Iceberg table.")] = None
    mongo: Annotated[MongoSource | None, Field(description="A collection of documents.")] = None
    http: Annotated[HttpSource | None, Field(description="Answers of an HTTP server.")] = None
    stream: Annotated[StreamSource | None, Field(description="Messages of a stream.")] = None


def source_secret_name(source: Source) -> str | None:
    """Return the Secret that opens a source; nothing when it names none."""
    if source.sql is not None:
        return source.sql.secret_name
    if source.mongo is not None:
        return source.mongo.secret_name
    if source.http is not None:
        return source.http.headers_secret_name
    if source.stream is not None:
        server = source.stream.kafka or source.stream.nats
        return server.secret_name if server is not None else None
    files = source.s3 or source.table
    bucket = files.bucket if files is not None else None
    return bucket.secret_name if bucket is not None else None
