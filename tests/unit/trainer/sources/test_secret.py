"""A source that names a Secret is not opened without it."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.dataset_source import Source
from tidewheel_contracts.job import ExitCode, FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.secret import require_secret

HTTP = {"http": {"url": "https://api.test/", "headers_secret_name": "api-key"}}


def test_missing_secret_is_named_and_waited_for() -> None:
    with pytest.raises(TrainerError) as caught:
        require_secret(Source.model_validate(HTTP), {})

    assert caught.value.message == (
        "Secret 'api-key', which the source names, does not exist in the Dataset's namespace or "
        "has no keys; create it, and the source is looked at again"
    )
    assert caught.value.reason == FailureReason.SECRET_MISSING
    assert caught.value.exit_code == ExitCode.STORE_UNAVAILABLE


@pytest.mark.parametrize(
    ("source", "credentials"),
    [
        pytest.param(HTTP, {"Authorization": "Bearer x"}, id="the Secret is there"),
        pytest.param({"http": {"url": "https://api.test/"}}, {}, id="none is named"),
    ],
)
def test_source_may_be_opened_when(source: dict[str, Any], credentials: dict[str, str]) -> None:
    require_secret(Source.model_validate(source), credentials)
