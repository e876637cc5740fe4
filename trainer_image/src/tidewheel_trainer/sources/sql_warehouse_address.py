"""How each warehouse is addressed, and how its SQL differs.

`database` is Snowflake's database, BigQuery's data set, Trino's and Databricks' catalog. Options
are few on purpose: drivers have some that read files of the machine, or lead to another host.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_databases import SqlDialect, SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["PROFILES", "Address", "Profile", "address_of"]

_PORT = 443


@dataclass(frozen=True, slots=True)
class Profile:
    """What is particular about a warehouse.

    Args:
        extra: the extra of the package `tidewheel` that brings the driver.
        quote: what stands around names.
        has_escapes: whether a backslash in a text is the begin of an escape.
        has_typed_times: whether dates and times are compared with such literals only.
        keys: what the Secret must have.
        options: what `options` may name.
    """

    extra: str
    quote: str
    has_escapes: bool
    has_typed_times: bool
    keys: tuple[str, ...]
    options: frozenset[str]


PROFILES: Mapping[SqlDialect, Profile] = {
    SqlDialect.SNOWFLAKE: Profile(
        extra="snowflake",
        quote='"',
        has_escapes=True,
        has_typed_times=False,
        keys=("username", "password"),
        options=frozenset({"schema", "warehouse", "role"}),
    ),
    SqlDialect.BIGQUERY: Profile(
        extra="bigquery",
        quote="`",
        has_escapes=True,
        has_typed_times=False,
        keys=("credentials.json",),
        options=frozenset({"location", "maximum_bytes_billed", "priority"}),
    ),
    SqlDialect.TRINO: Profile(
        extra="trino",
        quote='"',
        has_escapes=False,
        has_typed_times=True,
        keys=("username",),
        options=frozenset({"schema"}),
    ),
    SqlDialect.DATABRICKS: Profile(
        extra="databricks",
        quote="`",
        has_escapes=True,
        has_typed_times=False,
        keys=("token",),
        options=frozenset({"http_path", "schema"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a warehouse is, and what its driver is opened with; parts of it are secret.

    Args:
        host: host and `port`, which the egress guard judges first.
        driver: more arguments of the driver.
        dialect: more arguments of SQLAlchemy's dialect.
    """

    url: sqlalchemy.URL
    host: str
    port: int = _PORT
    driver: Mapping[str, object] = field(default_factory=dict)
    dialect: Mapping[str, object] = field(default_factory=dict)


def address_of(source: SqlSource, credentials: Mapping[str, str], scratch: Path) -> Address:
    """Return the address of a warehouse.

    Raises:
        TrainerError: SourceRefused, when something is missing or may not be given.
    """
    profile = PROFILES[source.dialect]
    for key in profile.keys:
        if not credentials.get(key):
            raise _refused(f"Secret '{source.secret_name}' must have the key {key!r}")
    options = {option.name: option.value for option in source.options}
    for name in options:
        if name not in profile.options:
            known = ", ".join(sorted(profile.options))
            raise _refused(
                f"`source.sql.options` names {name!r}, but {source.dialect} takes: {known}"
            )
    if source.dialect is SqlDialect.TRINO:
        return _trino(source, credentials, options, scratch)
    if source.tls is not Tls.VERIFIED:
        raise _refused(
            f"`source.sql.tls` is {source.tls}, but the driver of {source.dialect} always checks "
            "the server's certificate; leave `tls` out"
        )
    if source.dialect is SqlDialect.SNOWFLAKE:
        return _snowflake(source, credentials, options)
    if source.dialect is SqlDialect.BIGQUERY:
        return _bigquery(source, credentials, options)
    return _databricks(source, credentials, options)


def _snowflake(
    source: SqlSource, credentials: Mapping[str, str], options: Mapping[str, str]
) -> Address:
    domain = ".snowflakecomputing.com"
    account = (source.host or "").removesuffix(domain)
    url = sqlalchemy.URL.create(
        "snowflake",
        username=credentials["username"],
        password=credentials["password"],
        host=account,
        database=source.database,
        query=options,
    )
    return Address(url, f"{account}{domain}")


def _bigquery(
    source: SqlSource, credentials: Mapping[str, str], options: Mapping[str, str]
) -> Address:
    try:
        key = json.loads(credentials["credentials.json"])
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise _refused(
            f"the key 'credentials.json' of Secret '{source.secret_name}' is not a service "
            "account's key; put the file in that Google Cloud gives for one"
        )
    # Where tokens are asked for is part of the key: nobody may put another address there.
    key["token_uri"] = "https://oauth2.googleapis.com/token"  # noqa: S105
    url = sqlalchemy.URL.create(
        "bigquery", host=source.host, database=source.database, query=options
    )
    return Address(url, "bigquery.googleapis.com", dialect={"credentials_info": key})


def _databricks(
    source: SqlSource, credentials: Mapping[str, str], options: Mapping[str, str]
) -> Address:
    if "http_path" not in options:
        raise _refused(
            "`source.sql.options` must name `http_path`, which Databricks shows among the "
            "connection details of a SQL warehouse"
        )
    port = source.port or _PORT
    catalog = {"catalog": source.database} if source.database else {}
    url = sqlalchemy.URL.create(
        "databricks",
        username="token",
        password=credentials["token"],
        host=source.host,
        port=port,
        query={**options, **catalog},
    )
    # Its dialect of SQLAlchemy leaves out the port of the URL.
    return Address(url, source.host or "", port, {"_port": port})


def _trino(
    source: SqlSource, credentials: Mapping[str, str], options: Mapping[str, str], scratch: Path
) -> Address:
    is_plain = source.tls is Tls.DISABLED
    port = source.port or (8080 if is_plain else _PORT)
    schema = options.get("schema")
    if schema and not source.database:
        raise _refused("`source.sql.options` names a schema, but `source.sql.database` no catalog")
    url = sqlalchemy.URL.create(
        "trino",
        username=credentials["username"],
        # Trino takes no password without TLS.
        password=None if is_plain else credentials.get("password"),
        host=source.host,
        port=port,
        database=f"{source.database}/{schema}" if schema else source.database,
    )
    if is_plain:
        return Address(url, source.host or "", port, {"http_scheme": "http"})
    verify: bool | str = source.tls is Tls.VERIFIED
    authority = credentials.get("ca.crt")
    if verify and authority:
        file = scratch / "trino-ca.crt"
        file.write_text(authority, encoding="utf-8")
        verify = str(file)
    return Address(url, source.host or "", port, {"http_scheme": "https", "verify": verify})


def _refused(message: str) -> TrainerError:
    return TrainerError(FailureReason.SOURCE_REFUSED, message)
