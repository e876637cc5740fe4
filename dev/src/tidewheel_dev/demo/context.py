"""What every step of the demo works with: the cluster, the bucket, the flights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tidewheel_dev import api
from tidewheel_dev.demo.bucket import Bucket
from tidewheel_dev.demo.kubectl import Kubectl
from tidewheel_dev.demo.reach import Reach
from tidewheel_dev.demo.screen import Board

__all__ = [
    "DATASET_NAME",
    "MODEL",
    "NAMESPACE",
    "OPERATOR_NAMESPACE",
    "PIPELINE_NAME",
    "Demo",
    "Site",
    "site_of",
]

NAMESPACE = "demo"
OPERATOR_NAMESPACE = "tidewheel-system"
# As in examples/flights. The deployment and the model bear the pipeline's name.
DATASET_NAME = "flights"
PIPELINE_NAME = "flight-delay"
MODEL = PIPELINE_NAME


@dataclass(frozen=True, slots=True)
class Site:
    """A running cluster and how to get at it."""

    kubeconfig: Path
    kubectl: Kubectl
    helm: Path
    api: api.Api
    reach: Reach


@dataclass(frozen=True, slots=True)
class Demo:
    """A namespace with a store in it, on a cluster where the operator runs."""

    site: Site
    namespace: str
    bucket: Bucket
    alert_token: str
    flights: pd.DataFrame
    board: Board = field(default_factory=Board)


def site_of(kubeconfig: Path, kubectl: Path, helm: Path, reach: Reach) -> Site:
    """Return a site from what a cluster's handle says."""
    return Site(kubeconfig, Kubectl(kubectl, kubeconfig), helm, api.connect(kubeconfig), reach)
