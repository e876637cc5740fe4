"""A namespace with a bucket, as a person at a terminal has it: apply, look, wait with a reason."""

import io
import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tidewheel_contracts.api.conditions import ConditionType
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Candidate, Training
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, Refresh, Target, TimeColumn
from tidewheel_contracts.api.v1alpha1.dataset_source import Source
from tidewheel_contracts.api.v1alpha1.source_files import S3Source
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_dev import wait
from tidewheel_dev.demo.bucket import Bucket

Object = dict[str, Any]
Run = Callable[..., subprocess.CompletedProcess[str]]

FOREST = "sklearn.ensemble.RandomForestClassifier"
LOGISTIC = "sklearn.linear_model.LogisticRegression"


@dataclass(frozen=True, slots=True)
class Lab:
    """One test's namespace."""

    namespace: str
    kubectl: Run
    bucket: Bucket

    def prefix(self, name: str) -> str:
        """Return the prefix of a source of this test's own."""
        return f"raw/{self.namespace}/{name}/"

    def put(self, name: str, file: str, rows: pd.DataFrame) -> None:
        """Deliver one Parquet object to a source."""
        data = io.BytesIO()
        rows.to_parquet(data, index=False)
        self.bucket.put(f"{self.prefix(name)}{file}", data.getvalue())

    def create(self, kind: str, name: str, spec: ApiModel | Object) -> None:
        """Create one of our objects."""
        wire = spec.to_wire() if isinstance(spec, ApiModel) else spec
        self.create_object(
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": kind,
                "metadata": {"name": name},
                "spec": wire,
            }
        )

    def create_object(self, manifest: Object) -> None:
        """Create any object in the namespace."""
        text = json.dumps(manifest)
        self.kubectl("create", "-n", self.namespace, "-f", "-", stdin=text, check=True)

    def run(self, *arguments: str) -> str:
        """Run kubectl in the namespace and return what it printed."""
        done = self.kubectl("-n", self.namespace, *arguments, check=True)
        return done.stdout

    def get(self, kind: str, name: str) -> Object | None:
        """Return an object, or nothing."""
        done = self.kubectl("-n", self.namespace, "get", kind, name, "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def list(self, kind: str) -> list[Object]:
        """Return all objects of a kind."""
        items: list[Object] = json.loads(self.run("get", kind, "-o", "json"))["items"]
        return items

    def wait_ready(
        self, kind: str, name: str, reasons: Iterable[str], seconds: float = 120
    ) -> Object:
        """Wait until the Ready condition gives one of the reasons, and return that condition."""
        wanted, found = set(reasons), [Object()]

        def missing() -> str | None:
            found[0] = condition(self.get(kind, name), ConditionType.READY)
            if found[0].get("reason") in wanted:
                return None
            return f"{found[0].get('reason')}: {found[0].get('message')}"

        what = f"{kind} {name} to say {' or '.join(sorted(wanted))}"
        wait.until(what, missing, timeout_seconds=seconds, interval_seconds=0.5)
        return found[0]

    def wait_for(self, what: str, missing: Callable[[], str | None], seconds: float = 120) -> None:
        """Wait for any fact."""
        wait.until(what, missing, timeout_seconds=seconds, interval_seconds=0.5)


def condition(item: Object | None, type_: str) -> Object:
    """Return a condition of an object; empty if it has none."""
    conditions = ((item or {}).get("status") or {}).get("conditions") or ()
    return next((entry for entry in conditions if entry["type"] == type_), {})


def dataset_spec(lab: Lab, source: str, every_seconds: int = 3600) -> DatasetSpec:
    """Return a Dataset of rows as `visits` makes them."""
    return DatasetSpec(
        source=Source(s3=S3Source(prefix=lab.prefix(source))),
        target=Target(column="bought"),
        time=TimeColumn(column="visited"),
        refresh=Refresh(every_seconds=every_seconds),
    )


def training(*candidates: Candidate, **fields: object) -> Training:
    """Return how to train; by default one logistic regression."""
    chosen = candidates or (Candidate(name="logistic", estimator=LOGISTIC),)
    return Training.model_validate({"candidates": chosen, **fields})


def champion_of(lab: Lab) -> int | None:
    """Return the number of the version of the model `buyer` that serves."""
    deployment = lab.get("modeldeployment", "buyer") or {}
    champion = deployment.get("status", {}).get("champion") or {}
    number: int | None = champion.get("number")
    return number


def wait_champion(lab: Lab, number: int) -> None:
    """Wait until this version of the model `buyer` serves."""

    def missing() -> str | None:
        found = champion_of(lab)
        return None if found == number else f"version {found} serves"

    lab.wait_for(f"version {number} to serve", missing)


def start_run(lab: Lab, name: str, how: Training, dataset: str = "shop") -> None:
    """Apply a run of the model `buyer`."""
    spec = TrainingRunSpec(**how.model_dump(), dataset_name=dataset, model_name="buyer")
    lab.create("TrainingRun", name, spec)


def verdict_of(lab: Lab, name: str, reason: str) -> Object:
    """Wait until a run is complete for this reason, and return what its Job reported."""
    lab.wait_ready("trainingrun", name, [reason])
    run = lab.get("trainingrun", name)
    assert condition(run, "Complete")["reason"] == reason
    assert run is not None
    result: Object = run["status"]["result"]
    return result


def visits(first_day: int, days: int, per_day: int = 200, signal: float = 1.5) -> pd.DataFrame:
    """Return made-up visits of a shop: `signal` says how much `pages` tells about `bought`.

    The same arguments always give the same rows.
    """
    random = np.random.default_rng(first_day)
    count = days * per_day
    pages = random.normal(size=count)
    chance = 1 / (1 + np.exp(-(signal * pages - 1)))
    start = pd.Timestamp("2026-01-01") + pd.Timedelta(days=first_day)
    seconds = np.arange(count) * (86_400 // per_day)
    return pd.DataFrame(
        {
            "visited": start + pd.to_timedelta(seconds, unit="s"),
            "bought": (random.random(count) < chance).astype("int64"),
            "pages": pages,
            "noise": random.normal(size=count),
            "country": random.choice(["de", "fr", "it"], size=count),
        }
    )
