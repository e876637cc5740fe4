"""The name of a version tells its model, whatever the model is called."""

import pytest
from pydantic import ValidationError
from tests.builders import make_approval

from tidewheel_contracts.api.v1alpha1.model_version import model_of_version, version_name


@pytest.mark.parametrize("model", ["flight-delay", "a", "model-v2", "v-v", "a" * 40])
@pytest.mark.parametrize("number", [1, 10, 1_000_000])
def test_version_is_named_by_its_model_and_found_by_it(model: str, number: int) -> None:
    name = version_name(model, number)

    assert model_of_version(name) == model
    assert make_approval(model_version_name=name)["spec"]["modelVersionName"] == name


@pytest.mark.parametrize("name", ["", "flight-delay", "-v1", "flight-delay-v", "flight-delay-vx"])
def test_other_names_are_of_no_model_and_cannot_be_approved(name: str) -> None:
    assert model_of_version(name) is None
    with pytest.raises(ValidationError, match="model_version_name"):
        make_approval(model_version_name=name)
