"""Loading ends ready or failed, and says on the way what it waits for."""

import asyncio
from collections.abc import Callable, Iterator

import orjson
import pytest

from tidewheel_contracts.job import ExitCode, Failure, FailureReason
from tidewheel_server.errors import LoadError, StoreUnavailableError
from tidewheel_server.loading.patience import load_with_patience, retry_delays
from tidewheel_server.model_state import Failed, Loading, ModelState, Ready, ServedModel
from tidewheel_server.server import exit_code_of

NO_ANSWER = "The store at http://s3:8333 does not answer: EndpointConnectionError"


def loaded(
    load: Callable[[], ServedModel], delays_seconds: tuple[float, ...] = (0, 0)
) -> tuple[ModelState, list[ModelState]]:
    """Return the final state and those that were shown."""
    shown: list[ModelState] = []
    final = asyncio.run(load_with_patience(load, shown.append, iter(delays_seconds)))
    return final, shown


def failing(*errors: Exception, model: ServedModel | None = None) -> Callable[[], ServedModel]:
    """Return a loader that raises each error in turn, and then returns the model."""
    waiting: Iterator[Exception] = iter(errors)

    def load() -> ServedModel:
        error = next(waiting, None)
        if error is not None:
            raise error
        assert model is not None
        return model

    return load


def test_model_is_ready_when_it_is_loaded(model: ServedModel) -> None:
    assert loaded(lambda: model) == (Ready(model), [Loading("The model is being loaded")])


def test_store_that_does_not_answer_is_tried_again(model: ServedModel) -> None:
    final, shown = loaded(failing(StoreUnavailableError(NO_ANSWER), model=model))

    assert final == Ready(model)
    assert shown == [
        Loading("The model is being loaded"),
        Loading(f"{NO_ANSWER}; the next try is in 0 s"),
    ]


def test_patience_ends() -> None:
    final, shown = loaded(failing(*[StoreUnavailableError(NO_ANSWER)] * 3))

    assert final == Failed(Failure(reason=FailureReason.STORE_UNAVAILABLE, message=NO_ANSWER))
    assert len(shown) == 3


def test_damage_is_not_tried_again() -> None:
    final, shown = loaded(failing(LoadError(FailureReason.ARTIFACT_DAMAGED, "A byte is wrong")))

    assert final == Failed(
        Failure(reason=FailureReason.ARTIFACT_DAMAGED, message="A byte is wrong")
    )
    assert len(shown) == 1


def test_defect_is_reported_as_ours(capsys: pytest.CaptureFixture[str]) -> None:
    final, _ = loaded(failing(ZeroDivisionError("division by zero")))

    assert final == Failed(
        Failure(
            reason=FailureReason.INTERNAL,
            message="Loading the model failed with ZeroDivisionError: division by zero",
        )
    )
    assert orjson.loads(capsys.readouterr().out)["event"] == "loading failed"


def test_delays_grow_and_end_with_the_patience() -> None:
    times = iter([0, 0, 1, 3, 7, 15, 30, 45, 60, 61])

    assert list(retry_delays(60, clock=lambda: next(times))) == [1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (FailureReason.STORE_UNAVAILABLE, ExitCode.STORE_UNAVAILABLE),
        (FailureReason.ARTIFACT_DAMAGED, ExitCode.USER_ERROR),
        (FailureReason.CREDENTIALS_REFUSED, ExitCode.USER_ERROR),
        (FailureReason.INTERNAL, ExitCode.USER_ERROR),
    ],
)
def test_exit_code_tells_store_trouble_apart(reason: FailureReason, code: int) -> None:
    assert exit_code_of(Failure(reason=reason, message="")) == code


def test_server_that_was_asked_to_end_exits_well() -> None:
    assert exit_code_of(None) == ExitCode.SUCCESS
