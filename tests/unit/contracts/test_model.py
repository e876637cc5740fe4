"""What the bounded field types take and refuse; the CRDs carry the same patterns."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tidewheel_contracts.api import model
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec
from tidewheel_contracts.api.v1alpha1.model_version import version_name
from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (model.KindName, "a"),
        (model.KindName, "a" + 39 * "9"),
        (model.ObjectName, "7-a"),
        (model.BucketKey, "raw/flights/"),
        (model.BucketKey, "a..b/.hidden/...c"),
        (model.BucketKey, "ключ/ключ"),
        (model.DecimalText, "-0.70"),
        (model.DecimalText, "999999999999.0123456789"),
        (model.MemoryQuantity, "1Gi"),
        (model.Digest, "sha256:" + 64 * "0"),
    ],
)
def test_good_value_is_taken(kind: Any, value: str) -> None:
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (model.KindName, ""),
        (model.KindName, "1a"),
        (model.KindName, "a."),
        (model.KindName, "a-"),
        (model.KindName, "A"),
        (model.KindName, "a\n"),
        (model.KindName, 41 * "a"),
        (model.ObjectName, 64 * "a"),
        (model.BucketKey, ""),
        (model.BucketKey, "/raw"),
        (model.BucketKey, "raw//flights"),
        (model.BucketKey, "raw/../flights"),
        (model.BucketKey, ".."),
        (model.BucketKey, "raw/."),
        (model.BucketKey, "raw\x00"),
        (model.DecimalText, "NaN"),
        (model.DecimalText, "1e3"),
        (model.DecimalText, "1."),
        (model.DecimalText, "0.7\n"),
        (model.MemoryQuantity, "0Mi"),
        (model.MemoryQuantity, "1.5Gi"),
        (model.MemoryQuantity, "1G"),
        (model.Digest, "sha256:" + 64 * "A"),
    ],
)
def test_bad_value_is_refused(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_fields_of_a_newer_schema_are_survived() -> None:
    spec = {
        "source": {"s3": {"prefix": "raw/"}, "kafka": {}},
        "target": {"column": "late"},
        "later": 1,
    }

    assert DatasetSpec.model_validate(spec).to_wire() == {
        "source": {
            "s3": {
                "prefix": "raw/",
                "format": "Parquet",
                "csv": {"delimiter": ",", "nullValues": [""], "columnNames": []},
            }
        },
        "target": {"column": "late"},
        "steps": [],
        "checks": {"columns": [], "onFailure": "Stop"},
        "refresh": {"everySeconds": 300, "minimumNewRows": 0, "minimumNewShare": "0"},
        "retention": {"snapshots": 10, "minimumAgeSeconds": 604800},
        "resources": {"cpuMilli": 500, "memory": "2Gi"},
        "scratch": "50Gi",
    }


def test_version_is_named_after_its_model_and_number() -> None:
    assert version_name("flight-delay", 12) == "flight-delay-v12"


def test_null_of_a_filter_of_documents_is_kept() -> None:
    """Without it the filter would let other documents through."""
    source = {
        "servers": ["db.test:27017"],
        "database": "traffic",
        "collection": "flights",
        "filter": {"deleted": None, "distance": {"$gt": 0}},
    }

    wire = MongoSource.model_validate(source).to_wire()

    assert wire == {**source, "tls": "Verified"}
