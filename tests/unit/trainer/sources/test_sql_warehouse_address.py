"""How warehouses are addressed; the addresses of drivers that are not installed here."""

import json
from pathlib import Path
from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.sql_warehouse_address import address_of

SECRET = "s3cr:et@/"
LOGIN = {"username": "reader", "password": SECRET}
KEY = {"type": "service_account", "private_key": SECRET, "token_uri": "http://169.254.169.254/"}


def source(dialect: str, **given: Any) -> SqlSource:
    options = [{"name": name, "value": value} for name, value in given.pop("options", {}).items()]
    return SqlSource.model_validate(
        {
            "dialect": dialect,
            "host": "warehouse",
            "secret_name": "login",
            "table": "a",
            "options": options,
            **given,
        }
    )


def test_snowflake_is_addressed_by_account(tmp_path: Path) -> None:
    options = {"schema": "PUBLIC", "warehouse": "SMALL", "role": "READER"}
    wanted = "snowflake://reader:***@xy1.eu/SHOP?role=READER&schema=PUBLIC&warehouse=SMALL"
    for host in ("xy1.eu", "xy1.eu.snowflakecomputing.com"):
        given = source("Snowflake", host=host, database="SHOP", options=options)
        found = address_of(given, LOGIN, tmp_path)
        assert str(found.url.set(query=dict(sorted(found.url.query.items())))) == wanted
        assert found.url.password == SECRET
        assert (found.host, found.port) == ("xy1.eu.snowflakecomputing.com", 443)


def test_bigquery_is_addressed_by_project_and_the_key_is_no_part_of_the_url(
    tmp_path: Path,
) -> None:
    given = source("BigQuery", host="project-1", database="shop", options={"location": "EU"})
    found = address_of(given, {"credentials.json": json.dumps(KEY)}, tmp_path)
    assert str(found.url) == "bigquery://project-1/shop?location=EU"
    assert (found.host, found.port) == ("bigquery.googleapis.com", 443)
    # A token is asked for at Google, whatever the key says.
    key = {**KEY, "token_uri": "https://oauth2.googleapis.com/token"}
    assert found.dialect == {"credentials_info": key}


def test_databricks_is_addressed_by_path_and_catalog(tmp_path: Path) -> None:
    given = source("Databricks", database="main", options={"http_path": "/sql/1.0/w"})
    found = address_of(given, {"token": SECRET}, tmp_path)
    assert str(found.url.set(query={})) == "databricks://token:***@warehouse:443"
    assert found.driver == {"_port": 443}
    assert found.url.query == {"http_path": "/sql/1.0/w", "catalog": "main"}


def test_trino_proves_its_name_by_the_authority_of_the_secret(tmp_path: Path) -> None:
    given = source("Trino", database="hive", options={"schema": "shop"})
    found = address_of(given, {**LOGIN, "ca.crt": "an authority"}, tmp_path)
    assert str(found.url) == "trino://reader:***@warehouse:443/hive/shop"
    file = tmp_path / "trino-ca.crt"
    assert found.driver == {"http_scheme": "https", "verify": str(file)}
    assert file.read_text() == "an authority"


def test_trino_without_tls_gets_no_password(tmp_path: Path) -> None:
    found = address_of(source("Trino", tls="Disabled"), LOGIN, tmp_path)
    assert str(found.url) == "trino://reader@warehouse:8080"
    assert found.driver == {"http_scheme": "http"}
    encrypted = address_of(source("Trino", tls="Encrypted"), LOGIN, tmp_path)
    assert encrypted.driver == {"http_scheme": "https", "verify": False}


@pytest.mark.parametrize(
    ("dialect", "given", "credentials", "message"),
    [
        ("Snowflake", {}, {"username": "a"}, "Secret 'login' must have the key 'password'"),
        (
            "Snowflake",
            {"options": {"private_key_file": "/etc/shadow"}},
            LOGIN,
            "`source.sql.options` names 'private_key_file', but Snowflake takes: role, schema, "
            "warehouse",
        ),
        (
            "Snowflake",
            {"tls": "Disabled"},
            LOGIN,
            "`source.sql.tls` is Disabled, but the driver of Snowflake always checks the server's "
            "certificate; leave `tls` out",
        ),
        (
            "BigQuery",
            {},
            {"credentials.json": f'{{"type": "external_account", "url": "{SECRET}"}}'},
            "the key 'credentials.json' of Secret 'login' is not a service account's key; put the "
            "file in that Google Cloud gives for one",
        ),
        (
            "Databricks",
            {},
            {"token": SECRET},
            "`source.sql.options` must name `http_path`, which Databricks shows among the "
            "connection details of a SQL warehouse",
        ),
        (
            "Trino",
            {"options": {"schema": "shop"}},
            LOGIN,
            "`source.sql.options` names a schema, but `source.sql.database` no catalog",
        ),
    ],
)
def test_what_an_address_lacks_is_told(
    dialect: str,
    given: dict[str, Any],
    credentials: dict[str, str],
    message: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(TrainerError) as caught:
        address_of(source(dialect, **given), credentials, tmp_path)
    assert (caught.value.reason, caught.value.message) == (FailureReason.SOURCE_REFUSED, message)
