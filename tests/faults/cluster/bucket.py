"""A user's raw data, and what the programs make of it: the same data gives the same answers.

No answer depends on a uid, which the API server makes up, so that two worlds can be compared.
"""

from tests.builders import Object, make_artifact
from tests.unit.operator.observations import request_text
from tests.unit.operator.simulation.controllers import Bucket, Message

from tidewheel_contracts.job import TrainResult, parse_training_request

__all__ = ["StableBucket"]


class StableBucket(Bucket):
    """Names artifacts by what was learned, not by the run that learned it."""

    def answer(self, job: Object) -> Message:
        """Return what the program of a Job reports."""
        message = super().answer(job)
        if not isinstance(message, TrainResult) or message.result.artifact is None:
            return message
        request = parse_training_request(request_text(job))
        artifact = make_artifact(f"{request.model_name} of {request.snapshot.labelled_rows}")
        return TrainResult(result=message.result.model_copy(update={"artifact": artifact}))
