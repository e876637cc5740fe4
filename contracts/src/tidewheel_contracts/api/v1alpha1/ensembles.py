"""What is made of candidates' fits: probabilities put right, and ensembles of several."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, DecimalText, Words, rules

__all__ = [
    "ENSEMBLE_RULES",
    "Calibration",
    "CalibrationMethod",
    "CandidateName",
    "Ensemble",
    "EnsembleKind",
    "EstimatorName",
    "FinalEstimator",
    "Member",
    "Parameters",
]

_FEWEST_FOLDS, _MOST_FOLDS = 2, 10

CandidateName = Annotated[
    str,
    Field(max_length=40, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    Words(
        "must be at most 40 characters of a-z, 0-9 and '-', and start and end with a letter "
        "or digit"
    ),
]
EstimatorName = Annotated[
    str,
    Field(
        max_length=128,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)+$",
    ),
    Words("must be the full name of a class, such as 'sklearn.linear_model.LogisticRegression'"),
]
Parameters = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict,
        max_length=64,
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "default": {}},
    ),
]
Folds = Annotated[int, Field(ge=_FEWEST_FOLDS, le=_MOST_FOLDS)]


class CalibrationMethod(StrEnum):
    """How scores become probabilities."""

    SIGMOID = "Sigmoid"  # a logistic curve: two numbers for each class
    ISOTONIC = "Isotonic"  # any rising curve; it takes thousands of rows
    TEMPERATURE = "Temperature"  # one number, which leaves the order of the classes as it is


class Calibration(ApiModel):
    """Puts the probabilities of a classifier right by rows that its fits have not learned."""

    method: Annotated[CalibrationMethod, Field(description="How scores become probabilities.")] = (
        CalibrationMethod.SIGMOID
    )
    folds: Annotated[
        Folds,
        Field(
            description="How many parts of the rows to learn are scored by a fit that has not "
            "learned them: with a time column by one on all days before, else on all other parts."
        ),
    ] = 5


class EnsembleKind(StrEnum):
    """How the answers of several fits become one."""

    VOTING = "Voting"  # their mean
    STACKING = "Stacking"  # what one more estimator makes of them


class Member(ApiModel):
    """One candidate of an ensemble."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("!has(self.weight) || double(self.weight) > 0.0", "`weight` must be above 0")
        )
    )

    candidate: Annotated[CandidateName, Field(description="Name of a candidate of this run.")]
    weight: Annotated[
        DecimalText | None,
        Field(description="What its answer weighs in the mean; without it 1. Of Voting alone."),
    ] = None


class FinalEstimator(ApiModel):
    """What learns from the members' answers."""

    estimator: Annotated[
        EstimatorName, Field(description="Full name of an estimator that Tidewheel allows.")
    ]
    parameters: Annotated[
        Parameters, Field(description="Constructor parameters of the estimator, any JSON.")
    ]


class Ensemble(ApiModel):
    """Several candidates that answer together; it competes as a candidate of its own."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.kind == 'Voting' || self.members.all(one, !has(one.weight))",
                "a member must have a `weight` only where `kind` is 'Voting'",
            ),
            (
                "self.kind == 'Stacking' || (!has(self.finalEstimator) && !has(self.folds))",
                "`finalEstimator` and `folds` must be left out unless `kind` is 'Stacking'",
            ),
        )
    )

    name: Annotated[CandidateName, Field(description="Name of it in metrics and status.")]
    kind: Annotated[
        EnsembleKind,
        Field(
            description="Voting: the mean of the members' probabilities or numbers. Stacking: what "
            "one more estimator makes of them."
        ),
    ]
    members: Annotated[
        tuple[Member, ...],
        Field(
            min_length=2,
            max_length=8,
            description="The candidates whose answers are put together.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["candidate"],
            },
        ),
    ]
    final_estimator: Annotated[
        FinalEstimator | None,
        Field(
            description="What learns from the members' answers; without it LogisticRegression, or "
            "Ridge for a number."
        ),
    ] = None
    folds: Annotated[
        Folds | None,
        Field(
            description="How many parts of the rows to learn are answered by members that have not "
            "learned them, for the final estimator to learn from; without it 5."
        ),
    ] = None


# Rules between `candidates` and `ensembles`, for whatever has both.
ENSEMBLE_RULES = (
    (
        "!has(self.ensembles) || self.ensembles.all(it, it.members.all(member, "
        "self.candidates.exists(one, one.name == member.candidate)))",
        "`candidate` of a member of `ensembles` must be the name of one of `candidates`",
    ),
    (
        "!has(self.ensembles) || self.ensembles.all(it, !self.candidates.exists(one, "
        "one.name == it.name))",
        "`name` of an ensemble must not be that of a candidate",
    ),
)
