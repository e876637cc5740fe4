"""A model that was made elsewhere: the file in the bucket that a run judges instead of fitting."""

from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, Digest, Moment, UserName, Words

__all__ = ["IMPORT_RULES", "ImportedModel"]

FileName = Annotated[
    str,
    Field(min_length=7, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.skops$"),
    Words(
        "must be the name of a skops file in the folder `imports` of the namespace in the store, "
        "such as 'flight-delay.skops'; no folder of its own"
    ),
]


class ImportedModel(ApiModel):
    """A fitted pipeline as a skops file, and what only those who made and bring it know."""

    file: Annotated[
        FileName, Field(description="Its name below `<prefix>/<namespace>/imports/` in the bucket.")
    ]
    digest: Annotated[
        Digest, Field(description="SHA-256 of the file, as `sha256sum` tells it, after `sha256:`.")
    ]
    trained_through: Annotated[
        Moment,
        Field(description="Highest time of the rows that it learned; later ones test it."),
    ]
    requester: Annotated[
        UserName,
        Field(
            description="User name of whoever asks for the import: that of the caller, as `kubectl "
            "auth whoami` tells it."
        ),
    ]


_NO_FIT = " && ".join(
    (
        "self.candidates.size() == 1",
        "!has(self.candidates[0].calibration)",
        "!has(self.search)",
        "!has(self.weights)",
        "(!has(self.ensembles) || self.ensembles.size() == 0)",
        "(!has(self.features) || !has(self.features.monotonic) || "
        "self.features.monotonic.size() == 0)",
        "(!has(self.gate) || !has(self.gate.limits) || !has(self.gate.limits.trainingSeconds))",
    )
)

IMPORT_RULES = (
    (
        f"!has(self.imported) || {_NO_FIT}",
        "with `imported` nothing is fitted: the only candidate must name its estimator, and "
        "`calibration`, `search`, `weights`, `ensembles`, `features.monotonic` and "
        "`gate.limits.trainingSeconds` must be left out",
    ),
)
