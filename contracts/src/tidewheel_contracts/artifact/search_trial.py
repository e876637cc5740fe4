"""What one trial of a search found: one object of the run's folder, written once."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

__all__ = ["PROTOCOL", "SearchTrial"]

PROTOCOL = 1


class SearchTrial(BaseModel):
    """Candidate and parameters of a trial, and its score, its failure, or neither.

    Neither stands for a trial that did not begin, because the search had used up its time. A score
    is the higher, the better; as text it is the same number on every reader. `learned_rows` are
    those of the largest fit that the score is a mean of.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    protocol: int = PROTOCOL
    round_number: Annotated[int, Field(ge=0)]
    number: Annotated[int, Field(ge=0)]
    candidate: str
    # As the candidate gives and the search drew them, without what Tidewheel adds.
    parameters: dict[str, Any]
    learned_rows: Annotated[int, Field(ge=0)] = 0
    score: Annotated[str | None, Field(pattern=r"^-?[0-9]+([.][0-9]+)?$")] = None
    failure: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    # A reason of `job.FailureReason`, as one word of what the sentence says.
    failure_reason: Annotated[str | None, Field(max_length=64)] = None
    # How long its fits and their scoring took; pods tell by it when another one is lost.
    seconds: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _one_outcome(self) -> "SearchTrial":
        if self.score is not None and self.failure is not None:
            raise ValueError("a trial has a score or a failure, not both")
        return self
