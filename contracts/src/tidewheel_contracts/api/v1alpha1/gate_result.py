"""What each test of the gate said of a candidate, as a run's status holds it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel

__all__ = ["LOAD_AND_QUERY", "GateTest", "GateTestResult"]

# The last test: the serving image loads what was published and answers test rows.
LOAD_AND_QUERY = "LoadAndQuery"


class GateTestResult(StrEnum):
    """How a test ended."""

    PASSED = "Passed"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"  # nothing could be tested; by itself it refuses nothing
    NOTED = "Noted"  # no test, but worth a look; it refuses nothing


class GateTest(ApiModel):
    """One test of the gate."""

    name: Annotated[str, Field(max_length=64, description="What was tested.")]
    result: Annotated[GateTestResult, Field(description="How it ended.")]
    message: Annotated[str, Field(max_length=256, description="The numbers, in words.")] = ""
