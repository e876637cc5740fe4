"""How far a run is, as its Job tells it while it works."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, Count, DecimalText, Time

__all__ = ["MOST_POINTS", "Curve", "CurveOf", "CurvePoint", "RunProgress", "TrialCounts"]

# What a person can see in a status; a program thins longer curves.
MOST_POINTS = 32


class CurveOf(StrEnum):
    """What the values of a curve are."""

    TRAINING_LOSS = "TrainingLoss"  # the last fit's loss on what it learns, by its own iterations
    BEST_SCORE = "BestScore"  # the best score of a search, by trials that have ended


class CurvePoint(ApiModel):
    """One value of a curve."""

    step: Annotated[Count, Field(description="Iteration of the fit, or number of ended trials.")]
    value: Annotated[DecimalText, Field(description="Loss or score after that step.")]


class Curve(ApiModel):
    """Loss or score by step."""

    of: Annotated[CurveOf, Field(description="What the values are.")]
    points: Annotated[
        tuple[CurvePoint, ...],
        Field(
            max_length=MOST_POINTS,
            description="First to last; of more than 32 steps, 32 from all over.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]


class TrialCounts(ApiModel):
    """What has become of the trials of a search."""

    planned: Annotated[Count, Field(description="Trials that are planned so far.")]
    done: Annotated[Count, Field(description="Trials that were scored.")] = 0
    running: Annotated[Count, Field(description="Trials that pods have begun.")] = 0
    failed: Annotated[Count, Field(description="Trials that have no score.")] = 0
    pruned: Annotated[Count, Field(description="Trials that were given up for better ones.")] = 0


class RunProgress(ApiModel):
    """What the Job last told; at most one write in five seconds."""

    percent: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="Of the whole run; the trials of a search are 80 of it. 100 once the run "
            "has a verdict.",
        ),
    ]
    attempt: Annotated[int, Field(ge=0, le=100, description="Job that told it.")]
    step: Annotated[str, Field(max_length=40, description="What it does, in one word.")]
    message: Annotated[str, Field(max_length=256, description="What it does, in a sentence.")] = ""
    trials: Annotated[
        TrialCounts | None, Field(description="Trials of the search, as the pods know them.")
    ] = None
    best_candidate: Annotated[
        str, Field(max_length=40, description="Candidate with the best score so far.")
    ] = ""
    best_score: Annotated[
        DecimalText | None,
        Field(description="Its score on the validation rows; an error is below 0."),
    ] = None
    curve: Annotated[Curve | None, Field(description="Loss or score by step.")] = None
    elapsed_seconds: Annotated[
        Count, Field(description="For how long the pod had run when it told this.")
    ] = 0
    remaining_seconds: Annotated[
        Count | None,
        Field(description="How long the Job would go on at the pace so far; absent when unknown."),
    ] = None
    report_time: Annotated[Time, Field(description="When the status took it.")]
