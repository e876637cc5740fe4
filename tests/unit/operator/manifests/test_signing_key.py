"""Which Job gets the private key, and what else changes in it: nothing."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from tests.builders import Object, make_run, make_store, snapshot_reference
from tests.signing_keys import make_key, signing
from tests.unit.operator.observations import observed, request_text
from tests.unit.operator.policies.runs import DATASET, SNAPSHOT, view

from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.job import parse_training_request
from tidewheel_operator.policies.training_job import JobInputs, search_job, training_job
from tidewheel_operator.policies.training_run_view import TrainingRunView

SIGNING = signing(make_key(), secretName="model-signing", required=True)
RUN = make_run()
SEARCH = make_run(search={"trials": 8, "parallelism": 2})
VOLUME = {
    "name": "signing-key",
    "secret": {
        "secretName": "model-signing",
        "defaultMode": 288,
        "optional": True,
        "items": [{"key": "privateKey", "path": "privateKey"}],
    },
}
MOUNT = {"name": "signing-key", "mountPath": "/etc/tidewheel-signing", "readOnly": True}
VARIABLE = {"name": "TIDEWHEEL_SIGNING_KEY", "value": "/etc/tidewheel-signing/privateKey"}


def job_of(
    make: Callable[[TrainingRunView, JobInputs], Object], run: Object, **store: Any
) -> Object:
    spec = observed(make_store(**store)).spec
    return make(view(run), JobInputs(spec, DATASET.spec, snapshot_reference(SNAPSHOT)))


def without_request(job: Object) -> Object:
    bare = copy.deepcopy(job)
    del bare["spec"]["template"]["metadata"]["annotations"]
    return bare


@pytest.mark.parametrize("run", [RUN, SEARCH], ids=["train", "reduce"])
def test_the_job_that_publishes_has_the_key_as_a_file(run: Object) -> None:
    expected = without_request(job_of(training_job, run))
    pod = expected["spec"]["template"]["spec"]
    pod["volumes"].append(VOLUME)
    pod["containers"][0]["volumeMounts"].append(MOUNT)
    pod["containers"][0]["env"].append(VARIABLE)

    job = job_of(training_job, run, signing=SIGNING)

    assert without_request(job) == expected
    told = parse_training_request(request_text(job)).store.spec.signing
    assert told == Signing.model_validate(SIGNING)


@pytest.mark.parametrize("run", [RUN, SEARCH], ids=["train", "reduce"])
def test_a_store_that_only_verifies_has_no_key_to_mount(run: Object) -> None:
    only_verifies = {**SIGNING, "secretName": None}
    plain = without_request(job_of(training_job, run))
    assert without_request(job_of(training_job, run, signing=only_verifies)) == plain


def test_pods_of_a_search_do_not_get_the_key() -> None:
    plain = without_request(job_of(search_job, SEARCH))
    assert without_request(job_of(search_job, SEARCH, signing=SIGNING)) == plain
