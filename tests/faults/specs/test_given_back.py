"""What we apply comes back as we wrote it: else it would look edited and be applied for ever.

The API server writes quantities anew, in the largest unit that fits; 2048Mi comes back as 2Gi.
"""

import json
import secrets

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.builders import Object, make_version
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.specs.schemas import spec_schema
from tests.faults.specs.valid_specs import valid_values
from tests.integration.lab import Lab, lab_on
from tests.integration.local_server import LocalServer
from tests.unit.operator.observations import SERVER, observed

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec
from tidewheel_contracts.job import Store
from tidewheel_contracts.serving import ServeRequest
from tidewheel_operator.manifests.serving_deployment import ServingOwner, serving_deployment
from tidewheel_operator.policies.drift import differs

# What a pattern gives is hardly ever a whole number of the next unit.
WHOLE_UNITS = st.builds(
    lambda number, power, unit: f"{number * 1024**power}{unit}",
    st.integers(1, 9),
    st.integers(0, 2),
    st.sampled_from(("Mi", "Gi")),
)


@pytest.fixture(scope="module")
def lab(fault_server: LocalServer) -> Lab:
    """Return a namespace in which nobody acts."""
    return lab_on(fault_server, f"test-{secrets.token_hex(4)}")


def test_deployment_of_any_spec_and_store_comes_back_as_it_was_written(lab: Lab) -> None:
    schemas = spec_schema("ModelDeployment"), spec_schema("ArtifactStore")

    @seed(SEED)
    @settings(
        max_examples=200 if IS_LONG else 25,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(spec=valid_values(schemas[0], {"memory": WHOLE_UNITS}), store=valid_values(schemas[1]))
    def story(spec: Object, store: Object) -> None:
        manifest = deployment_of(lab.namespace, spec, store)
        answer = lab.run(
            "create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(manifest)
        )
        assert not differs(manifest, json.loads(answer))

    story()


def deployment_of(namespace: str, spec: Object, store: Object) -> Object:
    """Return the Deployment of a version under these specs."""
    parsed = ModelDeploymentSpec.model_validate(spec)
    version = observed(make_version(3)).spec
    request = ServeRequest(
        store=Store(spec=ArtifactStoreSpec.model_validate(store), namespace=namespace),
        model_name=parsed.model_name,
        version_name=f"{parsed.model_name}-v3",
        version_number=3,
        manifest_key=version.artifact.manifest_key,
        manifest_digest=version.artifact.manifest_digest,
        artifact_digest=version.artifact.digest,
    )
    return serving_deployment(
        owner=ServingOwner("mine", namespace, "uid-1"),
        request=request,
        replicas=parsed.replicas,
        resources=parsed.resources,
        image=SERVER,
    )
