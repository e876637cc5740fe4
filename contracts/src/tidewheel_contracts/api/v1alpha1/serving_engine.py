"""What computes the predictions of a version, as the serving image chose it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel

__all__ = ["EngineKind", "ServingEngine"]


class EngineKind(StrEnum):
    """Kinds of engines, the fastest first; the server's model metadata has them in lower case."""

    NATIVE = "Native"
    SKLEARN = "Sklearn"


class ServingEngine(ApiModel):
    """The engine that answered the last test of the gate."""

    kind: Annotated[EngineKind, Field(description="What predicts.")]
    message: Annotated[
        str, Field(max_length=512, description="Why faster engines do not, each with its name.")
    ] = ""
