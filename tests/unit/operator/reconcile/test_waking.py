"""A change wakes whom it matters to, by what was before, and nobody else."""

import pytest
from tests.builders import (
    Object,
    digest,
    make_alias,
    make_approval,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_snapshot,
    make_store,
    make_version,
)
from tests.unit.operator.observations import conditions
from tests.unit.operator.policies.served import state
from tests.unit.operator.reconcile.wakers import DEPLOYMENT, VERSION, woken

from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_approval import JudgedVersion, ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus

JUDGED = JudgedVersion(run_uid="run", manifest_digest=digest("manifest"))
SAID = Status(conditions=conditions("Valid", "words", ready="True"))
ENDING = {"deletionTimestamp": "2026-11-21T12:00:00Z"}


def serving(number: int, *, ready: bool = False) -> Object:
    """Return the deployment with a champion."""
    said = SAID.conditions if ready else ()
    return make_deployment(status=ModelDeploymentStatus(champion=state(number), conditions=said))


ALIAS = "modelaliases/ml/flight-delay-prod"
APPROVAL = "modelapprovals/ml/approval"
STORE = "artifactstores/ml/default"
DATASET = "datasets/ml/flights"
RUN = "trainingruns/ml/by-hand"
PIPELINE = "modelpipelines/ml/flight-delay"


@pytest.mark.parametrize(
    ("item", "before", "keys"),
    [
        pytest.param(
            {**make_store(), "status": SAID.to_wire()},
            make_store(),
            {STORE},
            id="a store that only says something else wakes nobody",
        ),
        pytest.param(
            make_store(metadata={"labels": {"a": "b"}}),
            make_store(),
            {STORE},
            id="a store with another label wakes nobody",
        ),
        pytest.param(
            make_store(bucket="other"),
            make_store(),
            {STORE, DATASET, RUN, DEPLOYMENT},
            id="a store that is elsewhere wakes all who use it",
        ),
        pytest.param(
            make_store(metadata=ENDING),
            make_store(),
            {STORE, DATASET, RUN, DEPLOYMENT},
            id="a store that is being deleted wakes all who use it",
        ),
        pytest.param(
            make_dataset(status=DatasetStatus(collections=2)),
            make_dataset(),
            {DATASET, PIPELINE},
            id="a Dataset that only says something else wakes its pipelines",
        ),
        pytest.param(
            make_dataset(status=DatasetStatus(snapshot=make_snapshot("new"))),
            make_dataset(status=DatasetStatus(snapshot=make_snapshot("old"))),
            {DATASET, PIPELINE, RUN},
            id="a new snapshot wakes runs",
        ),
        pytest.param(
            make_dataset(target={"column": "cancelled"}),
            make_dataset(),
            {DATASET, PIPELINE, RUN},
            id="a changed Dataset wakes runs",
        ),
        pytest.param(
            make_dataset(metadata=ENDING),
            make_dataset(),
            {DATASET, PIPELINE, RUN},
            id="a Dataset that is being deleted wakes runs",
        ),
        pytest.param(
            {**make_version(), "status": SAID.to_wire()},
            make_version(),
            {VERSION},
            id="a version that only says something wakes nobody",
        ),
        pytest.param(
            make_version(metadata=ENDING),
            make_version(),
            {VERSION, RUN, DEPLOYMENT, PIPELINE},
            id="a version that is being deleted wakes who serves it",
        ),
        pytest.param(
            make_approval(status=ModelApprovalStatus(conditions=SAID.conditions)),
            make_approval(),
            {APPROVAL},
            id="an approval that only says something wakes nobody",
        ),
        pytest.param(
            make_approval(status=ModelApprovalStatus(version=JUDGED)),
            make_approval(),
            {APPROVAL, VERSION, DEPLOYMENT},
            id="an approval that knows its version wakes who serves it",
        ),
        pytest.param(
            make_approval(revocation={"reason": "leak", "revoker": "joe"}),
            make_approval(),
            {APPROVAL, VERSION, DEPLOYMENT},
            id="a revoked approval wakes who serves its version",
        ),
        pytest.param(
            serving(2),
            serving(1),
            {DEPLOYMENT, VERSION, "modelversions/ml/flight-delay-v2"},
            id="another champion wakes both versions",
        ),
        pytest.param(
            serving(1, ready=True),
            serving(1),
            {DEPLOYMENT},
            id="a deployment that only says something wakes no version",
        ),
        pytest.param(
            serving(1),
            None,
            {DEPLOYMENT, VERSION},
            id="a deployment that is gone wakes the version that it served",
        ),
        pytest.param(
            {**make_alias(), "status": SAID.to_wire()},
            make_alias(),
            {ALIAS},
            id="an alias that only says something wakes nobody",
        ),
        pytest.param(
            make_alias(number=2),
            make_alias(number=1),
            {ALIAS, DEPLOYMENT},
            id="an alias that moved wakes who follows it",
        ),
    ],
)
def test_change_wakes_whom_it_matters_to(
    item: Object, before: Object | None, keys: set[str]
) -> None:
    known = (make_dataset(), make_run(), make_deployment(), make_pipeline())

    assert woken(item, before, *(one for one in known if one["kind"] != item["kind"])) == keys


@pytest.mark.parametrize("item", [make_store(), make_dataset(), make_pipeline()])
def test_run_that_has_ended_is_woken_by_nothing_else(item: Object) -> None:
    status = TrainingRunStatus(completion_time="2026-11-21T12:00:00Z")
    ended = make_run(status=status, pipeline_name="flight-delay")
    still_open = make_run("open", pipeline_name="flight-delay")

    found = woken(item, None, ended, still_open)

    assert {key for key in found if key.startswith("trainingruns/")} == {"trainingruns/ml/open"}
