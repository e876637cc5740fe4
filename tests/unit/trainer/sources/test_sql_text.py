"""Names, texts and queries as parts of one statement."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.sql_text import literal, quoted_name, rows_of


def source(**given: Any) -> SqlSource:
    return SqlSource.model_validate(
        {"dialect": "PostgreSQL", "host": "db", "secret_name": "login", **given}
    )


def test_names_and_texts_cannot_end_their_quotes() -> None:
    assert quoted_name('a"; DROP TABLE b; --') == '"a""; DROP TABLE b; --"'
    assert literal("it's; -- 'x'") == "'it''s; -- ''x'''"


def test_a_schema_and_a_table_are_quoted_each() -> None:
    assert rows_of(source(table="sales.the orders")) == '"sales"."the orders"'
    assert rows_of(source(table="a.b"), lambda name: f"<{name}>") == "<a>.<b>"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "SELECT ';' AS a",
        "SELECT 'it''s; so' AS a",
        'SELECT 1 AS "a;b""c;"',
        "SELECT `a;b` FROM c",
        "SELECT 1 -- one; two",
        "SELECT /* one;\n two */ 1",
        "WITH a AS (SELECT 1) SELECT * FROM a",
    ],
)
def test_a_semicolon_in_a_text_a_name_or_a_comment_ends_no_statement(query: str) -> None:
    assert rows_of(source(query=f" {query} ; ")) == f"({query} \n) AS tidewheel_rows"


@pytest.mark.parametrize(
    "query", ["SELECT 1; SELECT 2", "SELECT ';'; DROP TABLE a", "SELECT 1; -- two\nSELECT 2", ";;"]
)
def test_several_statements_are_refused(query: str) -> None:
    with pytest.raises(TrainerError) as caught:
        rows_of(source(query=query))
    assert caught.value.reason is FailureReason.SOURCE_REFUSED
    assert caught.value.message == ("`source.sql.query` has a ';' inside: it must be one SELECT")
