"""Put what a run came to into the store, once: what lies there is what the run reports.

Refused and inconclusive runs publish nothing but their verdict and the report that says why.
"""

from collections.abc import Callable

import pandas as pd

from tidewheel_contracts.job import FailureReason, TrainResult
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.describing import run_report
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Refit, Trial
from tidewheel_trainer.train.own_results import earlier_result, record_verdict
from tidewheel_trainer.train.profiling import profile_of
from tidewheel_trainer.train.publishing import publish_model
from tidewheel_trainer.train.reporting import (
    inconclusive_result,
    refused_result,
    registrable_result,
)
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.signing import Signer, signer_of
from tidewheel_trainer.train.threads import up_to_threads

__all__ = ["Record", "publish", "record_refusal", "record_shortage", "recorded"]

# Comes to a verdict and puts it into the store, signed by the key if there is one.
Record = Callable[[Run, Signer | None], None]


def recorded(run: Run, record: Record) -> TrainResult:
    """Return what the run came to, now or in an earlier attempt.

    Raises:
        TrainerError: with every reason of FailureReason but those of a source.
    """
    signing = run.request.store.spec.signing
    result = earlier_result(run.store, run.folder, signing)
    if result is None:
        with up_to_threads(run.surroundings.threads):
            # A key that does not serve is told before anything is fitted.
            record(run, signer_of(signing, run.surroundings.signing_key))
        # What the store holds is the truth, even if another attempt of this run was faster.
        result = earlier_result(run.store, run.folder, signing)
    if result is None:
        raise TrainerError(
            FailureReason.STORE_UNAVAILABLE,
            f"the store {run.request.store.spec.endpoint} took the result of this run and lost it",
        )
    run.progress("Finished", 100, f"{result.verdict}: {result.message}")
    return TrainResult(result=result)


def record_shortage(run: Run, material: Material, lacking: Shortage) -> None:
    """Keep that the rows were too few to judge by."""
    result = inconclusive_result(material, lacking, run.surroundings.git_revision)
    record_verdict(run.store, run.folder, result, run_report(run, material, result, None))


def record_refusal(run: Run, material: Material, trial: Trial) -> None:
    """Keep that the gate refused, and why."""
    result = refused_result(trial, run.surroundings.git_revision)
    record_verdict(run.store, run.folder, result, run_report(run, material, result, trial))


def publish(
    run: Run,
    material: Material,
    trial: Trial,
    refit: Refit,
    learned: pd.DataFrame,
    signer: Signer | None,
) -> None:
    """Publish what passed, with the profile of the rows that it learned."""
    run.progress("Publishing", 90, f"publish a model of {len(refit.data):,} bytes")
    result = registrable_result(trial, refit, material.input_columns, run.surroundings.git_revision)
    profile = profile_of(learned, material.inputs, trial.answers, trial.classes)
    report = run_report(run, material, result, trial)
    publish_model(run, trial, refit, profile, result, report, signer)
