"""A process is ours only while pid, start time and boot all match."""

import json
import os
from pathlib import Path

import pytest

from tidewheel_dev import paths, processes


@pytest.fixture
def cluster(tmp_path: Path) -> paths.ClusterPaths:
    found = paths.ClusterPaths("one", state=tmp_path / "state", run=tmp_path / "run")
    found.processes.mkdir(parents=True)
    return found


def _this_process() -> dict[str, object]:
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {"pid": os.getpid(), "start_ticks": int(ticks), "boot": boot, "fingerprint": "f"}


def _record(cluster: paths.ClusterPaths, **changes: object) -> None:
    content = json.dumps({**_this_process(), **changes})
    (cluster.processes / "etcd.json").write_text(content)


def test_recorded_process_is_found(cluster: paths.ClusterPaths) -> None:
    _record(cluster)
    assert processes.running_pid(cluster, "etcd") == os.getpid()


@pytest.mark.parametrize("changes", [{"start_ticks": 1}, {"boot": "an earlier one"}])
def test_pid_that_was_given_to_someone_else_is_not_ours(
    changes: dict[str, object], cluster: paths.ClusterPaths
) -> None:
    _record(cluster, **changes)
    assert processes.running_pid(cluster, "etcd") is None


def test_stopping_spares_the_new_owner_of_a_pid(cluster: paths.ClusterPaths) -> None:
    _record(cluster, start_ticks=1)
    processes.stop_all(cluster, ["etcd"])
    assert processes.all_records(cluster) == []


def test_damaged_record_means_that_nothing_runs(cluster: paths.ClusterPaths) -> None:
    (cluster.processes / "etcd.json").write_text("{")
    assert processes.running_pid(cluster, "etcd") is None


def test_fingerprint_follows_words_and_files(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("one")
    before = processes.Program("etcd", ("/k", "etcd"), (file,)).fingerprint()
    other_words = processes.Program("etcd", ("/k", "etcd", "--more"), (file,)).fingerprint()
    file.write_text("two")
    other_file = processes.Program("etcd", ("/k", "etcd"), (file,)).fingerprint()
    assert len({before, other_words, other_file}) == 3
