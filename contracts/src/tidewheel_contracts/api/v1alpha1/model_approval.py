"""ModelApproval: what one person decided about one ModelVersion, and whether it was taken back."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import ApiModel, Digest, Uid, UserName, Words, rules
from tidewheel_contracts.api.v1alpha1.common import AGE, MESSAGE, READY, REASON, Status

__all__ = [
    "MODEL_APPROVAL",
    "ApprovalDecision",
    "Explanation",
    "JudgedVersion",
    "ModelApprovalSpec",
    "ModelApprovalStatus",
    "Reason",
    "Revocation",
]


class ApprovalDecision(StrEnum):
    """What was decided about a version."""

    APPROVED = "Approved"
    REJECTED = "Rejected"


class Reason(StrEnum):
    """Reasons of the Ready condition of a ModelApproval; Ready says whether the decision counts."""

    VALID = "Valid"  # the decision counts
    OVERRULED = "Overruled"  # a newer ModelApproval of the same version says otherwise
    REVOKED = "Revoked"  # it was taken back by `revocation`
    VERSION_MISSING = "VersionMissing"  # no ModelVersion has the name
    SUPERSEDED = "Superseded"  # another ModelVersion has the name than the one that was judged
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


Explanation = Annotated[
    str,
    Field(max_length=1024, pattern=r"^(?s:.*[^ \t\r\n].*)$"),
    Words("must say why, in at least one word"),
]


class Revocation(ApiModel):
    """Who takes a decision back, and why; it can be added once and then stays."""

    reason: Annotated[Explanation, Field(description="Why the decision is taken back.")]
    revoker: Annotated[
        UserName,
        Field(description="User name of whoever takes it back: that of the caller."),
    ]


class ModelApprovalSpec(ApiModel):
    """A decision about a version. Immutable, but that it can be taken back."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.modelVersionName == oldSelf.modelVersionName && self.decision == "
                "oldSelf.decision && self.reason == oldSelf.reason && self.approver == "
                "oldSelf.approver",
                "`spec` must not change, but that `revocation` may be added; create another "
                "ModelApproval instead",
            ),
            (
                "!has(oldSelf.revocation) || has(self.revocation) && self.revocation == "
                "oldSelf.revocation",
                "`revocation` must stay as it is; create another ModelApproval instead",
            ),
        )
    )

    model_version_name: Annotated[
        str,
        Field(
            max_length=63,
            pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?-v[1-9][0-9]{0,6}$",
            description="ModelVersion that is judged; it must be registered already.",
        ),
        Words("must be the name of a ModelVersion, such as 'flight-delay-v3'"),
    ]
    decision: Annotated[
        ApprovalDecision,
        Field(description="Of several decisions about a version the newest counts."),
    ]
    reason: Annotated[Explanation, Field(description="Why it was decided so.")]
    approver: Annotated[
        UserName,
        Field(
            description="User name of whoever decides: that of the caller, as `kubectl auth "
            "whoami` tells it."
        ),
    ]
    revocation: Annotated[
        Revocation | None, Field(description="Takes the decision back, for good.")
    ] = None


class JudgedVersion(ApiModel):
    """Which version had the name when it was judged: names prove nothing."""

    run_uid: Annotated[Uid, Field(description="Uid of the run that made it.")]
    manifest_digest: Annotated[Digest, Field(description="Digest of its artifact's manifest.")]


class ModelApprovalStatus(Status):
    """What was judged, and whether the decision counts."""

    version: Annotated[
        JudgedVersion | None,
        Field(description="The version that was judged, recorded once; a decision is of no other."),
    ] = None


MODEL_APPROVAL = Kind(
    name="ModelApproval",
    plural="modelapprovals",
    short_name="mappr",
    description="What one person decided about one ModelVersion.",
    spec=ModelApprovalSpec,
    status=ModelApprovalStatus,
    columns=(
        PrinterColumn("Version", ".spec.modelVersionName"),
        PrinterColumn("Decision", ".spec.decision"),
        PrinterColumn("Approver", ".spec.approver"),
        READY,
        REASON,
        MESSAGE,
        AGE,
    ),
)
