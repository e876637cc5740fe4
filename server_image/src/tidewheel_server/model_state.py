"""What the server is doing, as a value: loading, ready, failed or draining.

Loading -> Ready -> Draining
   |  \\________________^
   v
 Failed
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.artifact.profile import Profile
from tidewheel_contracts.job import Failure
from tidewheel_server.engines.choosing import Refused
from tidewheel_server.engines.direct import DirectCall
from tidewheel_server.engines.engine import Engine
from tidewheel_server.engines.tier import EXACT, Tolerance
from tidewheel_server.http.message import header_line
from tidewheel_server.tensors import TensorSpec

__all__ = [
    "Draining",
    "Failed",
    "Identity",
    "Loading",
    "ModelState",
    "ProfileFile",
    "Ready",
    "ServedModel",
    "drained",
    "served_model",
    "unready_reason",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model the server answers as, known before it is loaded."""

    model_name: str
    version: str  # the version number as text, as the protocol wants versions
    version_name: str
    artifact_digest: str

    @property
    def header_lines(self) -> bytes:
        """Return the response headers that say which bytes answered."""
        return header_line("tidewheel-model-version", self.version) + header_line(
            "tidewheel-artifact-digest", self.artifact_digest
        )


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """The training profile of a model, and the digest of the file that it was read from."""

    profile: Profile
    digest: str


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model with everything that a request needs, derived once.

    `tolerance` is how far the engine's numbers may be from scikit-learn's, and `refused` are faster
    kinds of engines that do not serve it; `direct` answers usual requests whole, where the engine
    can.
    """

    identity: Identity
    manifest: ModelManifest
    engine: Engine
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    header_lines: bytes
    tolerance: Tolerance = EXACT
    refused: tuple[Refused, ...] = ()
    direct: DirectCall | None = None
    profile: ProfileFile | None = None  # artifacts of earlier releases have none


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being fetched, verified or tried."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The model has predicted its sample rows through the whole request path."""

    model: ServedModel


@dataclass(frozen=True, slots=True)
class Failed:
    """The model will not be served; the process is about to end."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Draining:
    """The pod is being removed: requests are still answered, but none should come any more."""

    model: ServedModel | None


ModelState = Loading | Ready | Failed | Draining


def served_model(state: ModelState) -> ServedModel | None:
    """Return the model that answers requests now."""
    return state.model if isinstance(state, Ready | Draining) else None


def unready_reason(state: ModelState) -> str | None:
    """Return why no new client should be sent here, or None."""
    if isinstance(state, Loading):
        return state.reason
    if isinstance(state, Failed):
        return state.failure.message
    if isinstance(state, Draining):
        return "The server is shutting down"
    return None


def drained(state: ModelState) -> Draining:
    """Return the state after the request to terminate."""
    return Draining(served_model(state))
