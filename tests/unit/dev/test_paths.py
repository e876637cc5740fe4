"""Where the files of a cluster live."""

from pathlib import Path

import pytest

from tidewheel_dev import errors, paths


def test_cluster_is_called_tidewheel_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TIDEWHEEL_CLUSTER", raising=False)
    assert paths.cluster_name() == "tidewheel"
    monkeypatch.setenv("TIDEWHEEL_CLUSTER", "second")
    assert paths.cluster_name() == "second"


@pytest.mark.parametrize("name", ["../up", "Upper", "-dash", "dash-", "a" * 33, "1st", "two words"])
def test_name_that_cannot_name_a_namespace_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEWHEEL_CLUSTER", name)
    with pytest.raises(errors.DevError, match="TIDEWHEEL_CLUSTER"):
        paths.cluster_name()


def test_state_and_cache_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEWHEEL_STATE", "/somewhere/state")
    monkeypatch.setenv("TIDEWHEEL_CACHE", "/somewhere/cache")
    assert paths.cluster_paths("one").kubeconfig == Path("/somewhere/state/kubeconfig")
    assert paths.cache_folder() == Path("/somewhere/cache")


@pytest.mark.parametrize("name", ["one", "tidewheel", "a-rather-long-name-of-a-cluster"])
def test_interface_names_fit_into_15_characters(name: str) -> None:
    prefix = paths.cluster_paths(name).link_prefix
    assert len(f"{prefix}-host") <= 15


def test_long_names_that_start_alike_get_different_interfaces() -> None:
    first = paths.cluster_paths("continuous-integration-a").link_prefix
    second = paths.cluster_paths("continuous-integration-b").link_prefix
    assert first != second


def test_socket_path_fits_into_108_bytes_for_the_longest_name() -> None:
    assert len(str(paths.cluster_paths("a" * 32).containerd_socket)) < 108
