"""The commands for people with Docker and kind."""

from pathlib import Path

from tidewheel_dev import images, kind

_ROOT = Path("/repository")
_IMAGE = images.Image("operator", "operator/Dockerfile")


def test_docker_builds_the_same_dockerfile_on_its_own_base() -> None:
    assert kind.build_command(_IMAGE, _ROOT, "abc") == [
        "docker",
        "build",
        "--build-arg=GIT_REVISION=abc",
        "--file",
        "/repository/operator/Dockerfile",
        "--tag",
        "localhost/tidewheel-operator:dev",
        "/repository",
    ]


def test_cluster_is_created_from_the_file_in_the_repository() -> None:
    assert kind.create_command("one", _ROOT) == [
        "kind",
        "create",
        "cluster",
        "--name",
        "one",
        "--config",
        "/repository/kind-config.yaml",
        "--wait",
        "120s",
    ]


def test_all_images_are_loaded_in_one_go() -> None:
    tags = ["localhost/a:dev", "localhost/b:dev"]
    assert kind.load_command("one", tags) == [
        "kind",
        "load",
        "docker-image",
        "--name",
        "one",
        "localhost/a:dev",
        "localhost/b:dev",
    ]


def test_kubeconfig_is_written_to_a_file_of_its_own() -> None:
    command = ["kind", "export", "kubeconfig", "--name", "one", "--kubeconfig", "/state/config"]
    assert kind.kubeconfig_command("one", Path("/state/config")) == command


def test_cluster_is_deleted_by_its_name() -> None:
    assert kind.delete_command("one") == ["kind", "delete", "cluster", "--name", "one"]
