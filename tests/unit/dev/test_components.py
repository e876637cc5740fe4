"""The flags and files of the cluster's processes."""

import tomllib
from pathlib import Path

from tidewheel_dev import components, containerd, kubeconfig, paths, toolchain

_CLUSTER = paths.ClusterPaths("one", state=Path("/state"), run=Path("/run/tidewheel/one"))
_LAYOUT = components.Layout(_CLUSTER, kubernetes=Path("/k"), coredns=Path("/dns"))


def test_program_words_start_with_the_binary_and_the_part() -> None:
    for part in ("etcd", "apiserver", "controller-manager", "scheduler", "proxy", "kubelet"):
        argv = getattr(components, part.replace("-", "_"))(_LAYOUT)
        assert argv[:2] == ("/k", part)


def test_api_server_speaks_to_the_aggregated_apis_with_its_own_certificate() -> None:
    flags = components.apiserver(_LAYOUT)
    assert "--requestheader-client-ca-file=/state/pki/ca.crt" in flags
    assert "--requestheader-allowed-names=front-proxy-client" in flags
    assert "--proxy-client-cert-file=/state/pki/front-proxy-client.crt" in flags


def test_controllers_do_not_wait_for_an_election() -> None:
    assert "--leader-elect=false" in components.controller_manager(_LAYOUT)
    assert "--leader-elect=false" in components.scheduler(_LAYOUT)


def test_kubelet_keeps_imported_images_and_its_own_cgroup() -> None:
    config = components.kubelet_config(_LAYOUT)
    assert config["imageGCHighThresholdPercent"] == 100
    assert config["cgroupRoot"] == "/tidewheel-one"
    assert config["failCgroupV1"] is False
    assert config["resolvConf"] == ""
    assert config["clusterDNS"] == ["10.96.0.10"]
    assert config["containerRuntimeEndpoint"] == "unix:///run/tidewheel/one/containerd.sock"


def test_proxy_leaves_the_settings_of_the_machine_alone() -> None:
    conntrack = components.proxy_config(_LAYOUT)["conntrack"]
    assert conntrack == {
        "maxPerCore": 0,
        "tcpEstablishedTimeout": "0s",
        "tcpCloseWaitTimeout": "0s",
    }


def test_names_outside_the_cluster_are_answered_in_a_block_of_their_own() -> None:
    blocks = components.corefile(_LAYOUT).split("\n}\n")
    assert "kubernetes {" in blocks[0]
    assert "template" not in blocks[0]
    assert "rcode NXDOMAIN" in blocks[1]


def test_containerd_keeps_everything_below_the_clusters_folders() -> None:
    config = tomllib.loads(containerd.config(_CLUSTER))
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert config["version"] == 2
    assert config["root"] == "/state/containerd"
    assert config["grpc"]["address"] == "/run/tidewheel/one/containerd.sock"
    assert cri["restrict_oom_score_adj"] is True
    assert cri["netns_mounts_under_state_dir"] is True
    assert cri["sandbox_image"] == "localhost/tidewheel-pause:dev"
    assert cri["containerd"]["runtimes"]["runc"]["options"] == {
        "Root": "/run/tidewheel/one/runc",
        "SystemdCgroup": False,
    }


def test_only_shims_of_this_clusters_containerd_are_found(tmp_path: Path) -> None:
    shim = b"/usr/bin/containerd-shim-runc-v2\0-namespace\0k8s.io\0-address\0"
    for pid, words in {
        "1": b"/sbin/init\0",
        "20": shim + b"/run/containerd/containerd.sock\0",
        "21": shim + b"/run/tidewheel/one/containerd.sock\0",
        "22": b"/usr/bin/vi\0/run/tidewheel/one/containerd.sock\0",
    }.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(words)
    (tmp_path / "self").mkdir()
    assert containerd.shim_pids(_CLUSTER, tmp_path) == [21]


def test_kubeconfig_carries_its_certificates() -> None:
    config = kubeconfig.kubeconfig(
        cluster="one", server="https://10.89.0.1:6443", ca=b"ca", certificate=b"crt", key=b"key"
    )
    assert config["clusters"][0]["cluster"] == {
        "server": "https://10.89.0.1:6443",
        "certificate-authority-data": "Y2E=",
    }
    assert config["users"][0]["user"] == {
        "client-certificate-data": "Y3J0",
        "client-key-data": "a2V5",
    }
    assert config["current-context"] == "one"


def test_server_reports_the_version_that_was_built() -> None:
    flags = toolchain.kubernetes_ldflags("v1.36.3").split()
    assert "k8s.io/component-base/version.gitVersion=v1.36.3" in flags
    assert "k8s.io/component-base/version.gitMajor=1" in flags
    assert "k8s.io/component-base/version.gitMinor=36" in flags


def test_cache_key_changes_with_content_and_with_its_borders() -> None:
    assert toolchain.key_of([b"a", b"b"]) == toolchain.key_of([b"a", b"b"])
    assert toolchain.key_of([b"a", b"b"]) != toolchain.key_of([b"a", b"c"])
    assert toolchain.key_of([b"ab", b""]) != toolchain.key_of([b"a", b"b"])
