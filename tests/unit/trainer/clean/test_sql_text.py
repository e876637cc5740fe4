"""What a person may write in SQL, and what is refused before it runs."""

from pathlib import Path

import pytest
from tests.unit.trainer.clean.tables import fault_of, rows_after

COLUMNS = {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("a, b", "must be one expression"),
        ("a AS c", "must be one expression"),
        ("a FROM input", "must be one expression"),
        ("a WHERE true", "must be one expression"),
        ("a ORDER BY a", "must be one expression"),
        ("a LIMIT 1", "must be one expression"),
        ("1) FROM input; DROP TABLE x; --", "syntax error"),
        ("1); SELECT (2", "syntax error"),
        ("1; SELECT 2", "must be one statement, not 2"),
        ("(SELECT max(a) FROM input)", "a subquery cannot be used here"),
        ("EXISTS (FROM input)", "a subquery cannot be used here"),
        ("a IN (FROM input SELECT a)", "a subquery cannot be used here"),
        ("row_number() OVER ()", "a window function cannot be used here"),
        ("sum(a) OVER ()", "a window function cannot be used here"),
        ("sum(a)", "sum() needs or makes several rows"),
        ("abs(MAX(a))", "max() needs or makes several rows"),
        ("unnest([1, 2])", "unnest() needs or makes several rows"),
        ("*", "`*` or COLUMNS cannot be used here"),
        ("COLUMNS('a')", "`*` or COLUMNS cannot be used here"),
        ("$1", "a parameter cannot be used here"),
        ("#1", "a column's number cannot be used here"),
        ("random()", "random gives another answer each time"),
        ("gen_random_uuid()", "gen_random_uuid gives another answer each time"),
        ("NOW()", "now gives another answer each time"),
        ("current_date", "current_date gives another answer each time"),
        ("CURRENT_TIMESTAMP", "gives another answer each time"),
        ("age(TIMESTAMP '2026-01-01')", "age of one value gives another answer each time"),
        ("current_setting('temp_directory')", "current_setting gives another answer each time"),
        ("other.a", "there is no column 'other'"),
    ],
)
def test_what_is_not_one_expression_of_one_row_is_refused(
    tmp_path: Path, expression: str, told: str
) -> None:
    step = {"derive": {"column": "c", "expression": expression}}
    fault = fault_of(tmp_path, COLUMNS, step)
    assert fault.startswith("steps[0].derive.expression: ")
    assert told in fault


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("input.a + A", [2, 4]),
        ('"a" * 2', [2, 4]),
        ("CASE WHEN b = 'x' THEN a END", [1, None]),
        ("b IN ('x', ';')", [True, False]),
        ("list_sum(list_transform([a, 1], lambda v: v + a))", [4, 7]),
        ("/* twice */ a + a -- end", [2, 4]),
        ("'); DROP TABLE input; --'", ["'); DROP TABLE input; --"[1:]] * 2),
        ("greatest(a, 2)", [2, 2]),
        ("date_diff('day', DATE '2026-01-01', DATE '2026-01-03')", [2, 2]),
    ],
)
def test_expressions_of_one_row_are_done(
    tmp_path: Path, expression: str, found: list[object]
) -> None:
    step = {"derive": {"column": "c", "expression": expression}}
    assert rows_after(tmp_path, COLUMNS, step)["c"] == found


def test_a_column_may_have_the_name_of_a_clock(tmp_path: Path) -> None:
    step = {"derive": {"column": "c", "expression": '"current_date" + 1'}}
    assert rows_after(tmp_path, {"current_date": [1]}, step)["c"] == [2]


def test_columns_whose_names_differ_by_case_are_told_only_where_sql_reads_them(
    tmp_path: Path,
) -> None:
    columns = {"a": [1], "A": [2], "b": [3]}
    assert rows_after(tmp_path, columns, {"derive": {"column": "c", "expression": "b"}}) == {
        **columns,
        "c": [3],
    }
    fault = fault_of(tmp_path, columns, {"derive": {"column": "c", "expression": "a"}})
    assert "columns 'a' and 'A' are one name in SQL" in fault


def test_typed_steps_tell_names_by_case(tmp_path: Path) -> None:
    steps = (
        {"fillNulls": {"column": "A", "value": "9"}},
        {"cast": {"column": "A", "type": "String"}},
        {"dropDuplicates": {"columns": ["A"]}},
    )
    columns = {"a": [1, 2, 3], "A": [None, 9, 8]}
    assert rows_after(tmp_path, columns, *steps) == {"a": [1, 3], "A": ["9", "8"]}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("FROM '/etc/passwd'", "reads '/etc/passwd'; the only table is `input`"),
        ("SELECT * FROM read_text('/etc/passwd')", "reads from read_text()"),
        ("SELECT * FROM read_csv('https://example.com/x.csv')", "reads from read_csv()"),
        ("SELECT * FROM glob('/*')", "reads from glob()"),
        ("SELECT * FROM duckdb_settings()", "reads from duckdb_settings()"),
        ("SELECT * FROM query('FROM x')", "reads from query()"),
        ("SELECT * FROM input, other", "reads 'other'"),
        ("SELECT * FROM input WHERE a IN (FROM other)", "reads 'other'"),
        ("SELECT (SELECT 1 FROM main.other) AS x FROM input", "reads 'main.other'"),
        ("FROM input UNION FROM information_schema.tables", "reads 'information_schema.tables'"),
        ("WITH q AS (FROM other) FROM q", "reads 'other'"),
        ("SELECT * FROM (UNPIVOT other ON a)", "reads 'other'"),
        ("SELECT * FROM (DESCRIBE input)", "SHOW_REF cannot be read from"),
        ("SHOW TABLES", "cannot be read from"),
        ("COPY input TO '/tmp/x'", "must be a SELECT"),
        ("ATTACH '/tmp/x'", "must be a SELECT"),
        ("INSTALL httpfs", "must be a SELECT"),
        ("SET threads = 9", "must be a SELECT"),
        ("INSERT INTO input VALUES (1)", "must be a SELECT"),
        ("SELECT 1 AS a; SELECT 2 AS a", "must be one statement, not 2"),
        ("SELECT $1 AS a", "a parameter cannot be used"),
        ("FROM input USING SAMPLE 1", "USING SAMPLE cannot be used"),
        ("SELECT now() AS n", "now gives another answer each time"),
        ("SELECT a, a FROM input", "columns 'a' and 'a' are one name in SQL"),
        ("SELECT a, b AS A FROM input", "columns 'a' and 'A' are one name in SQL"),
        ("SELECT COLUMNS('^z') FROM input", "No matching columns found"),
        ("SELECT nix FROM input", 'Referenced column "nix" not found in FROM clause!'),
        ("SELEC a", 'syntax error at or near "SELEC"'),
        ("SELECT INTERVAL 1 DAY AS d", "column 'd' is INTERVAL, which cannot be stored"),
        ("SELECT CAST(b AS INTEGER) AS n FROM input", "Could not convert string 'x' to INT32"),
    ],
)
def test_what_is_not_one_query_over_the_input_is_refused(
    tmp_path: Path, query: str, told: str
) -> None:
    fault = fault_of(tmp_path, COLUMNS, {"sql": {"query": query}})
    assert fault.startswith("steps[0].sql.query: ")
    assert told in fault
