"""Sources that are databases: those that are asked in SQL, and MongoDB."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, BucketKey, ObjectName, Words, rules
from tidewheel_contracts.api.v1alpha1.source_common import Cursor, Host, Port, Servers, Tls

__all__ = ["MongoSource", "SqlDialect", "SqlOption", "SqlSource"]

TableName = Annotated[
    str,
    Field(max_length=257, pattern=r"^[^.\"`\x00]{1,128}([.][^.\"`\x00]{1,128})?$"),
    Words("must be a name, or a schema and a name with a dot between, without quotes"),
]


class SqlDialect(StrEnum):
    """Databases that are asked in SQL."""

    POSTGRESQL = "PostgreSQL"
    MYSQL = "MySQL"  # MariaDB too
    SQLITE = "SQLite"
    SNOWFLAKE = "Snowflake"
    BIGQUERY = "BigQuery"
    TRINO = "Trino"
    DATABRICKS = "Databricks"


class SqlOption(ApiModel):
    """One more argument of a warehouse's address, such as Snowflake's `warehouse`."""

    name: Annotated[
        str,
        Field(max_length=63, pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="Name of it."),
        Words("must be letters, digits and '_', starting with a letter"),
    ]
    value: Annotated[str, Field(max_length=256, description="Value of it; never a secret.")]


class SqlSource(ApiModel):
    """A table or a query of a database."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.table) != has(self.query)",
                "exactly one of `table` and `query` must be given",
            ),
            (
                "self.dialect == 'SQLite' ? has(self.key) && !has(self.host) : has(self.host) && "
                "!has(self.key)",
                "`host` must name the server of a database, or `key` the object that is an SQLite "
                "file",
            ),
            (
                "self.dialect == 'SQLite' || has(self.secretName)",
                "`secretName` must name a Secret that opens the database",
            ),
        )
    )

    dialect: Annotated[SqlDialect, Field(description="Kind of database.")]
    host: Annotated[
        Host | None,
        Field(
            description="Server; for Snowflake the account, for BigQuery the project, for "
            "Databricks the workspace's host."
        ),
    ] = None
    port: Annotated[Port | None, Field(description="Port, when it is not the usual one.")] = None
    key: Annotated[
        BucketKey | None, Field(description="Object of the ArtifactStore's bucket: an SQLite file.")
    ] = None
    database: Annotated[
        str | None,
        Field(min_length=1, max_length=128, description="Database, catalog or data set."),
    ] = None
    table: Annotated[
        TableName | None,
        Field(description="Table or view, with its schema in front when needed: 'sales.orders'."),
    ] = None
    query: Annotated[
        str | None,
        Field(min_length=1, max_length=8192, description="A SELECT; its rows are the source."),
    ] = None
    cursor: Annotated[
        Cursor | None,
        Field(description="Read on from the last row. Without it all rows are read every time."),
    ] = None
    secret_name: Annotated[
        ObjectName | None,
        Field(
            description="Secret with the keys `username` and `password`; `ca.crt` to prove the "
            "server's name; for BigQuery `credentials.json`, for Databricks `token`."
        ),
    ] = None
    tls: Annotated[Tls, Field(description="How the connection is protected.")] = Tls.VERIFIED
    options: Annotated[
        tuple[SqlOption, ...],
        Field(
            max_length=16,
            description="More arguments of a warehouse's address.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()


class MongoSource(ApiModel):
    """Documents of a collection; objects inside them become columns `outer.inner`."""

    servers: Annotated[Servers, Field(description="Servers, each with its port.")]
    database: Annotated[str, Field(min_length=1, max_length=63, description="Database.")]
    collection: Annotated[str, Field(min_length=1, max_length=128, description="Collection.")]
    filter: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            max_length=64,
            description="A filter of MongoDB, as extended JSON.",
            json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "default": {}},
        ),
    ]
    cursor: Annotated[
        Cursor | None,
        Field(description="Read on from the last document; `_id` grows in most collections."),
    ] = None
    secret_name: Annotated[
        ObjectName | None,
        Field(
            description="Secret with the keys `username` and `password`; `authSource` when the "
            "user is of another database than 'admin'; `ca.crt` to prove the server's name."
        ),
    ] = None
    tls: Annotated[Tls, Field(description="How the connection is protected.")] = Tls.VERIFIED
