"""What is wrong with a source is said by the Dataset, in words that tell what to do."""

import pandas as pd
import pytest
from tests.e2e.lab import Lab, dataset_spec, visits


def test_missing_prefix_is_named(lab: Lab) -> None:
    lab.create("Dataset", "shop", dataset_spec(lab, "nothing-here"))

    said = lab.wait_ready("dataset", "shop", ["SourceEmpty"])

    assert said["status"] == "False"
    assert lab.prefix("nothing-here") in said["message"]


def test_objects_without_rows_are_empty_data(lab: Lab) -> None:
    lab.put("shop", "1.parquet", visits(0, 1).head(0))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))

    lab.wait_ready("dataset", "shop", ["SourceEmpty"])


def test_column_missing_in_new_data_keeps_the_old_snapshot(lab: Lab) -> None:
    lab.put("shop", "1.parquet", visits(0, 10))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop", every_seconds=10))
    lab.wait_ready("dataset", "shop", ["SnapshotReady"])
    before = _snapshot(lab)

    lab.put("shop", "2.parquet", visits(10, 10).drop(columns=["pages"]))
    said = lab.wait_ready("dataset", "shop", ["ColumnMissing"])

    assert "pages" in said["message"]
    assert "2.parquet" in said["message"]
    assert _snapshot(lab) == before


def test_files_of_another_format_are_unreadable(lab: Lab) -> None:
    lab.bucket.put(f"{lab.prefix('shop')}1.parquet", b"bought,pages\n1,2\n")
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))

    said = lab.wait_ready("dataset", "shop", ["SourceUnreadable"])

    assert "1.parquet" in said["message"]


@pytest.mark.parametrize("column", ["bought", "visited"])
def test_declared_column_that_no_object_has_is_named(lab: Lab, column: str) -> None:
    lab.put("shop", "1.parquet", visits(0, 10).drop(columns=[column]))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))

    said = lab.wait_ready("dataset", "shop", ["ColumnMissing"])

    assert column in said["message"]


@pytest.mark.parametrize("key", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_secret_without_a_key_is_a_reason_until_it_is_mended(lab: Lab, key: str) -> None:
    lab.run("patch", "secret", "tidewheel-s3", "--type=json", f"-p={_remove(key)}")
    lab.put("shop", "1.parquet", visits(0, 10))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))

    said = lab.wait_ready("dataset", "shop", ["SecretMissing"])

    assert key in said["message"]


def test_missing_secret_is_a_reason_until_somebody_creates_it(lab: Lab) -> None:
    secret = lab.get("secret", "tidewheel-s3")
    assert secret is not None
    lab.run("delete", "secret", "tidewheel-s3")
    lab.put("shop", "1.parquet", visits(0, 10))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    lab.wait_ready("dataset", "shop", ["SecretMissing"])

    lab.create_object(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "tidewheel-s3"},
            "data": secret["data"],
        }
    )

    lab.wait_ready("dataset", "shop", ["SnapshotReady"])


def test_wrong_credentials_are_told_from_a_missing_bucket(lab: Lab) -> None:
    lab.run("patch", "secret", "tidewheel-s3", "-p", '{"stringData":{"AWS_ACCESS_KEY_ID":"other"}}')
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    lab.wait_ready("dataset", "shop", ["CredentialsRefused"])


def test_missing_bucket_is_named(lab: Lab) -> None:
    lab.run(
        "patch", "artifactstore", "default", "--type=merge", "-p", '{"spec":{"bucket":"not-there"}}'
    )
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))

    said = lab.wait_ready("dataset", "shop", ["BucketMissing"])

    assert "not-there" in said["message"]


def test_same_data_gives_the_same_digest_and_a_second_look_no_snapshot(lab: Lab) -> None:
    for name in ("first", "second"):
        lab.put(name, "1.parquet", visits(0, 10))
        lab.put(name, "2.parquet", visits(10, 10))
        lab.create("Dataset", name, dataset_spec(lab, name, every_seconds=10))
        lab.wait_ready("dataset", name, ["SnapshotReady"])
    snapshots = [_snapshot(lab, name) for name in ("first", "second")]

    looks = _looks(lab)
    lab.wait_for("another look", lambda: None if _looks(lab) > looks else "none yet")

    assert snapshots[0]["digest"] == snapshots[1]["digest"]
    assert _snapshot(lab, "first") == snapshots[0]
    assert snapshots[0]["rows"] == len(pd.concat([visits(0, 10), visits(10, 10)]))


def _snapshot(lab: Lab, name: str = "shop") -> dict[str, object]:
    dataset = lab.get("dataset", name)
    assert dataset is not None
    snapshot: dict[str, object] = dataset["status"]["snapshot"]
    return snapshot


def _looks(lab: Lab) -> int:
    dataset = lab.get("dataset", "first")
    assert dataset is not None
    return int(dataset["status"]["collections"])


def _remove(key: str) -> str:
    return f'[{{"op": "remove", "path": "/data/{key}"}}]'
