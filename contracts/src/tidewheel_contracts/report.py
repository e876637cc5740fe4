"""What the Job of a run tells the operator while it works: how far it is.

    POST <REPORT_VARIABLE's value>    Authorization: Bearer <content of REPORT_TOKEN_PATH>

The token is bound to the pod and good for REPORT_AUDIENCE alone. The last report counts, so that a
lost one costs nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from tidewheel_contracts.api.model import Count, DecimalText
from tidewheel_contracts.api.v1alpha1.run_progress import Curve, TrialCounts
from tidewheel_contracts.job import Wire

__all__ = [
    "LONGEST_MESSAGE",
    "REPORT_AUDIENCE",
    "REPORT_LIMIT",
    "REPORT_SECONDS",
    "REPORT_TOKEN_PATH",
    "REPORT_VARIABLE",
    "Report",
]

REPORT_VARIABLE = "TIDEWHEEL_REPORT_URL"
REPORT_TOKEN_PATH = "/var/run/secrets/tidewheel.dev/report/token"  # noqa: S105 - a path
REPORT_AUDIENCE = "tidewheel.dev/report"
# A pod reports, and the status of a run is written for it, at most once in so many seconds.
REPORT_SECONDS = 5
# Bytes of a body; one with a full curve and the longest texts has about 4,000.
REPORT_LIMIT = 16 * 1024
LONGEST_MESSAGE = 256


class Report(Wire):
    """How far one pod's program is, and what it knows of the whole search."""

    kind: Literal["Report"] = "Report"
    step: Annotated[str, Field(max_length=40, pattern="^[A-Za-z]+$")]
    percent: Annotated[int, Field(ge=0, le=100)]
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = ""
    trials: TrialCounts | None = None
    best_candidate: Annotated[str, Field(max_length=40)] = ""
    best_score: DecimalText | None = None
    curve: Curve | None = None
    elapsed_seconds: Count = 0
    remaining_seconds: Count | None = None
