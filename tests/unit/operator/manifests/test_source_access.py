"""How a Job reaches its source: the Secret as files, and what it may connect to."""

import json
from typing import Any

import pytest
from tests.builders import Object, make_dataset
from tests.unit.operator.observations import collect_job, probe_job, prune_job

from tidewheel_contracts.job import CREDENTIALS_PATH, EGRESS_VARIABLE, REQUEST_PATH
from tidewheel_operator.manifests.egress import Egress, egress_variable

BUCKET = {"endpoint": "https://s3.test", "bucket": "raw", "secret_name": "keys"}
SQL = {"dialect": "PostgreSQL", "host": "db", "table": "t", "secret_name": "keys"}
MONGO = {"servers": ["db:1"], "database": "d", "collection": "c", "secret_name": "keys"}
KAFKA = {"servers": ["k:9092"], "topic": "t", "secret_name": "keys"}
NATS = {"servers": ["n:4222"], "stream": "s", "secret_name": "keys"}
SOURCES = {
    "s3": {"s3": {"prefix": "raw/", "bucket": BUCKET}},
    "table": {"table": {"format": "Delta", "prefix": "t", "bucket": BUCKET}},
    "sql": {"sql": SQL},
    "mongo": {"mongo": MONGO},
    "http": {"http": {"url": "https://api.test/", "headers_secret_name": "keys"}},
    "kafka": {"stream": {"kafka": KAFKA}},
    "nats": {"stream": {"nats": NATS}},
}
OPEN_SOURCES = {
    "s3": {"s3": {"prefix": "raw/"}},
    "table": {"table": {"format": "Iceberg", "prefix": "t"}},
    "sqlite": {"sql": {"dialect": "SQLite", "key": "a.db", "table": "t"}},
    "http": {"http": {"url": "https://api.test/"}},
}


def pod_of(job: Object) -> Any:
    return job["spec"]["template"]["spec"]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_secret_of_a_source_lies_in_files_of_whoever_looks_at_it(source: Object) -> None:
    dataset = make_dataset(source=source)

    for job in (collect_job(dataset), probe_job(dataset)):
        pod = pod_of(job)
        [container] = pod["containers"]
        assert pod["volumes"][2:] == [
            {
                "name": "source-credentials",
                "secret": {"secretName": "keys", "defaultMode": 288, "optional": True},
            }
        ]
        assert container["volumeMounts"][2:] == [
            {"name": "source-credentials", "mountPath": CREDENTIALS_PATH, "readOnly": True}
        ]
        assert "keys" not in json.dumps(container["env"]).replace("s3-keys", "")


@pytest.mark.parametrize("source", OPEN_SOURCES.values(), ids=OPEN_SOURCES.keys())
def test_source_without_a_secret_has_none_mounted(source: Object) -> None:
    pod = pod_of(collect_job(make_dataset(source=source)))

    assert [volume["name"] for volume in pod["volumes"]] == ["request", "tmp"]


def test_removal_of_snapshots_gets_no_key_of_the_source() -> None:
    pod = pod_of(prune_job(make_dataset(source=SOURCES["sql"]), 2))

    assert [volume["name"] for volume in pod["volumes"]] == ["request", "tmp"]


def test_no_mount_lies_inside_another() -> None:
    """A runtime cannot make a folder inside a volume that is mounted read-only."""
    assert not CREDENTIALS_PATH.startswith(REQUEST_PATH.rsplit("/", 1)[0] + "/")


@pytest.mark.parametrize(
    ("scratch", "limit"),
    [pytest.param("50Gi", "50Gi", id="Gi"), pytest.param("2048Mi", "2Gi", id="whole Gi in Mi")],
)
def test_disk_of_a_look_is_limited(scratch: str, limit: str) -> None:
    dataset = make_dataset(scratch=scratch)

    for job in (collect_job(dataset), probe_job(dataset)):
        assert pod_of(job)["volumes"][1] == {"name": "tmp", "emptyDir": {"sizeLimit": limit}}


def test_pod_is_told_what_it_may_connect_to() -> None:
    egress = Egress(allow=("db.test:5432", "*.example.com"), cluster_ranges=("10.0.0.0/8",))

    variable = egress_variable(egress, "ml")

    assert variable["name"] == EGRESS_VARIABLE
    assert json.loads(variable["value"]) == {
        "allow": ["db.test:5432", "*.example.com"],
        "clusterRanges": ["10.0.0.0/8"],
        "namespace": "ml",
    }
