"""Which Datasets news of data is about."""

from typing import Any

import pytest
from tests.builders import make_dataset
from tests.unit.operator.observations import observed

from tidewheel_operator.policies.data_events import (
    DataEvent,
    NamedDataset,
    ObjectChange,
    concerns,
)

OTHER = {"endpoint": "https://s3.test", "bucket": "lake", "secret_name": "keys"}


@pytest.mark.parametrize(
    ("source", "event", "expected"),
    [
        pytest.param(
            {"s3": {"prefix": "raw/flights/"}},
            ObjectChange("data", "raw/flights/a.parquet"),
            True,
            id="an object below the prefix",
        ),
        pytest.param(
            {"s3": {"prefix": "raw/flights/"}},
            ObjectChange("data", "raw/trips/a.parquet"),
            False,
            id="an object elsewhere",
        ),
        pytest.param(
            {"s3": {"prefix": "raw/flights/"}},
            ObjectChange("lake", "raw/flights/a.parquet"),
            False,
            id="another bucket",
        ),
        pytest.param(
            {"s3": {"prefix": "raw/flights/", "bucket": OTHER}},
            ObjectChange("lake", "raw/flights/a.parquet"),
            True,
            id="the source's own bucket",
        ),
        pytest.param(
            {"s3": {"prefix": "raw/flights/", "bucket": OTHER}},
            ObjectChange("data", "raw/flights/a.parquet"),
            False,
            id="the store's bucket, which is not the source's",
        ),
        pytest.param(
            {"table": {"format": "Delta", "prefix": "lake/flights"}},
            ObjectChange("data", "lake/flights/_delta_log/1.json"),
            True,
            id="a table's folder",
        ),
        pytest.param(
            {"table": {"format": "Delta", "prefix": "lake/flights"}},
            ObjectChange("data", "lake/flights-2/_delta_log/1.json"),
            False,
            id="a table with a longer name",
        ),
        pytest.param(
            {"sql": {"dialect": "SQLite", "key": "raw/a.db", "table": "t"}},
            ObjectChange("data", "raw/a.db"),
            True,
            id="an SQLite file",
        ),
        pytest.param(
            {"http": {"url": "https://api.test/"}},
            ObjectChange("data", "raw/a.db"),
            False,
            id="a source that is no bucket",
        ),
        pytest.param(
            {"http": {"url": "https://api.test/"}},
            NamedDataset(("nightly", "flights")),
            True,
            id="the Dataset by name, whatever its source",
        ),
        pytest.param(
            {"http": {"url": "https://api.test/"}},
            NamedDataset(("flights-2",)),
            False,
            id="another Dataset by name",
        ),
    ],
)
def test_news_concerns_a_source(source: dict[str, Any], event: DataEvent, expected: bool) -> None:
    spec = observed(make_dataset(source=source)).spec

    assert concerns(event, "flights", spec, "data") is expected


def test_no_bucket_is_that_of_a_store_before_there_is_one() -> None:
    spec = observed(make_dataset()).spec

    assert not concerns(ObjectChange("data", "raw/flights/a"), "flights", spec, None)
