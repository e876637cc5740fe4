"""What the builds and the cluster read from the machine's own settings."""

from typing import Any

import pytest

from tidewheel_dev import base_image, buildah, network

_DEB822 = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        pytest.param([_DEB822], "http://mirror.example/debian", id="new style"),
        pytest.param(
            ["deb [arch=amd64] http://old.example/debian bookworm main\n"],
            "http://old.example/debian",
            id="one-line style",
        ),
        pytest.param(["# deb http://off.example bookworm main\n"], None, id="commented out"),
        pytest.param(["deb http://ubuntu.example noble main\n"], None, id="other suite"),
        pytest.param([], None, id="no sources"),
    ],
)
def test_mirror_is_the_one_of_the_machine(sources: list[str], mirror: str | None) -> None:
    assert base_image.mirror_of(sources, "bookworm") == mirror


def test_pip_settings_of_the_environment_win_over_those_of_files() -> None:
    listing = "\n".join(
        [
            ":env:.timeout='60'",
            "global.timeout='15'",
            "global.index-url='https://packages.example/simple'",
            "install.no-compile='true'",
        ]
    )
    assert buildah.merged_pip_config(listing) == {
        "global": {"timeout": "60", "index-url": "https://packages.example/simple"},
        "install": {"no-compile": "true"},
    }


@pytest.mark.parametrize(
    ("route", "conflict"),
    [
        pytest.param({"dst": "default", "dev": "eth0"}, None, id="default route"),
        pytest.param({"dst": "192.0.2.0/24", "dev": "eth0"}, None, id="elsewhere"),
        pytest.param({"dst": "10.0.0.0/8", "dev": "vpn"}, None, id="wider"),
        pytest.param({"dst": "10.96.0.0/16", "dev": "one-host"}, None, id="our own"),
        pytest.param({"dst": "10.96.0.0/16", "dev": "x"}, "10.96.0.0/16 to x", id="same range"),
        pytest.param({"dst": "10.244.7.1", "dev": "x"}, "10.244.7.1 to x", id="one address"),
        pytest.param({"dst": "10.89.0.0/30"}, "10.89.0.0/30 to nowhere", id="blackhole"),
    ],
)
def test_route_of_someone_else_in_our_ranges_is_a_conflict(
    route: dict[str, Any], conflict: str | None
) -> None:
    assert network.conflicts([route], "one-host") == conflict
