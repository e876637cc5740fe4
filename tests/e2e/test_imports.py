"""On real nodes a model of others' making becomes a version that serves; a changed one does not."""

import hashlib

import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.e2e.lab import LOGISTIC, Lab, condition, training, visits, wait_champion

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_contracts.artifact import layout

# `visits` begin on 2026-01-01, and half of them test the model.
THROUGH = "2026-01-15T23:59:59Z"
FILE = "theirs.skops"


def test_a_model_of_others_making_becomes_a_version_and_serves(shop: Lab, me: str) -> None:
    data = skops.io.dumps(_theirs())
    _put(shop, data)
    _import(shop, "theirs", data, me)

    shop.wait_ready("trainingrun", "theirs", ["Registered"])

    version = shop.get("modelversion", "buyer-v1")
    assert version is not None
    assert version["spec"]["imported"] == _declared(data, me).to_wire()
    assert version["spec"]["trainedThrough"] == THROUGH
    assert version["spec"]["run"]["name"] == "theirs"
    shop.create("ModelDeployment", "buyer", ModelDeploymentSpec(model_name="buyer"))
    wait_champion(shop, 1)


def test_a_file_that_was_changed_after_it_was_declared_is_no_version(shop: Lab, me: str) -> None:
    data = skops.io.dumps(_theirs())
    _put(shop, data + b" ")
    _import(shop, "theirs", data, me)

    def missing() -> str | None:
        return None if condition(shop.get("trainingrun", "theirs"), "Failed") else "it has not"

    shop.wait_for("run theirs to fail", missing)
    told = condition(shop.get("trainingrun", "theirs"), "Failed")
    assert told["reason"] == "ImportRefused"
    assert f"`imported.digest` says {_declared(data, me).digest}" in told["message"]
    assert shop.list("modelversion") == []


def _theirs() -> Pipeline:
    rows = visits(0, 30)
    learned = rows[rows["visited"] <= THROUGH.removesuffix("Z")]
    columns = ColumnTransformer(
        [("pages", StandardScaler(), ["pages"]), ("country", OneHotEncoder(), ["country"])]
    )
    model = make_pipeline(columns, LogisticRegression())
    return model.fit(learned[["pages", "country"]], learned["bought"])


def _declared(data: bytes, requester: str) -> ImportedModel:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return ImportedModel(file=FILE, digest=digest, trained_through=THROUGH, requester=requester)


def _put(lab: Lab, data: bytes) -> None:
    """Deliver the file, as a person with keys of the bucket does."""
    store = lab.get("artifactstore", "default")
    assert store is not None
    prefix = ArtifactStoreSpec.model_validate(store["spec"]).prefix
    lab.bucket.put(layout.import_key(prefix, lab.namespace, FILE), data)


def _import(lab: Lab, name: str, data: bytes, requester: str) -> None:
    how = training(Candidate(name="theirs", estimator=LOGISTIC))
    spec = TrainingRunSpec(
        **how.model_dump(),
        dataset_name="shop",
        model_name="buyer",
        imported=_declared(data, requester),
    )
    lab.create("TrainingRun", name, spec)
