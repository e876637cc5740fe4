"""Ways to a Service from this machine, with a stand-in for kubectl and for the API server."""

from pathlib import Path
from typing import Any, cast

import pytest

from tidewheel_dev import api, errors
from tidewheel_dev.demo.kubectl import Kubectl
from tidewheel_dev.demo.reach import ByAddress, through_kubectl


class OneService:
    """An API server that knows one Service."""

    def get(self, path: str) -> dict[str, Any]:
        assert path == "/api/v1/namespaces/demo/services/model"
        return {"spec": {"clusterIP": "10.96.7.7"}}


def stand_in(folder: Path, script: str) -> Kubectl:
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Kubectl(program, folder / "kubeconfig")


def test_an_address_names_its_port_unless_it_is_the_usual_one() -> None:
    reach = ByAddress(cast("api.Api", OneService()))
    assert reach.url("demo", "model", 80, moves=True) == "http://10.96.7.7"
    assert reach.url("demo", "model", 8333) == "http://10.96.7.7:8333"


def test_a_service_whose_pods_stay_is_forwarded(tmp_path: Path) -> None:
    kubectl = stand_in(tmp_path, 'echo "Forwarding from 127.0.0.1:41235 -> 8333"; exec sleep 60')
    with through_kubectl(kubectl) as reach:
        assert reach.url("demo", "store", 8333) == "http://127.0.0.1:41235"


def test_a_service_whose_pods_change_is_asked_through_the_api_server(tmp_path: Path) -> None:
    kubectl = stand_in(tmp_path, 'echo "Starting to serve on 127.0.0.1:41236"; exec sleep 60')
    with through_kubectl(kubectl) as reach:
        assert reach.url("demo", "model", 80, moves=True) == (
            "http://127.0.0.1:41236/api/v1/namespaces/demo/services/http:model:80/proxy"
        )


def test_a_port_that_does_not_open_says_why(tmp_path: Path) -> None:
    kubectl = stand_in(tmp_path, 'echo "Error from server (NotFound)"; exit 1')
    with (
        pytest.raises(errors.DevError, match=r"opened no port; it said: Error from server"),
        through_kubectl(kubectl) as reach,
    ):
        reach.url("demo", "nothing", 80)
