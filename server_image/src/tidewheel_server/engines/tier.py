"""A kind of engine to the rest of the server: a name, and a way from files to an engine."""

from collections.abc import Callable
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.serving_engine import EngineKind
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.engine import Engine

__all__ = ["EXACT", "SKLEARN", "Build", "Candidate", "ModelFiles", "Tier", "Tolerance", "Unable"]

# The engine that serves when nothing faster does.
SKLEARN = EngineKind.SKLEARN.lower()


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What an engine is built from, verified: the manifest, and the bytes of `model.skops`."""

    manifest: ModelManifest
    skops: bytes


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be from scikit-learn's: the larger of two bounds.

    `relative` is a share of the number itself or, for one near zero, of the usual size of the
    numbers: what large terms leave when they cancel out has their rounding.
    """

    absolute: float = 0.0
    relative: float = 0.0


EXACT = Tolerance()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine that has not been compared yet."""

    engine: Engine
    tolerance: Tolerance


@dataclass(frozen=True, slots=True)
class Unable:
    """Why there is no such engine for a model: a clause without a capital letter and full stop."""

    reason: str


Build = Callable[[ModelFiles], Candidate | Unable]


@dataclass(frozen=True, slots=True)
class Tier:
    """A kind of engine; its engines have its name as their platform.

    `build` imports what it needs when it is called, and tells a model that it cannot take, a
    library that the image lacks and bytes that it cannot read alike: as `Unable`.
    """

    name: str
    build: Build
