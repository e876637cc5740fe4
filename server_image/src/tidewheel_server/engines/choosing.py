"""Choose the engine of a model: the fastest one that answers the probes as scikit-learn did."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidewheel_server.engines.engine import Engine
from tidewheel_server.engines.parity import Probes, difference
from tidewheel_server.engines.tier import EXACT, Candidate, ModelFiles, Tier, Tolerance, Unable
from tidewheel_server.log import log_defect

__all__ = ["EngineChoice", "Refused", "chosen_engine"]

_WITHOUT_PROBES = "an earlier release published the model, without probes to compare engines by"
_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """A faster kind of engine that does not serve, and why: a clause."""

    engine: str
    reason: str


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine that serves, how far its numbers may be off, and the faster ones that do not."""

    engine: Engine
    tolerance: Tolerance = EXACT
    refused: tuple[Refused, ...] = ()


def chosen_engine(
    files: ModelFiles, probes: Probes | None, tiers: Sequence[Tier], wanted: str | None = None
) -> EngineChoice:
    """Return the first tier's engine that is alike, or scikit-learn's.

    Args:
        files: what engines are built from.
        probes: what to compare by; without them scikit-learn serves.
        tiers: faster kinds, the fastest first.
        wanted: the only kind that may serve beside scikit-learn; None for any.

    Raises:
        LoadError: scikit-learn has to serve, and cannot load the file.
    """
    refused: list[Refused] = []
    for tier in tiers:
        found = _tried(tier, files, probes, wanted)
        if not isinstance(found, str):
            return EngineChoice(found.engine, found.tolerance, tuple(refused))
        refused.append(Refused(tier.name, found[:_REASON_CHARACTERS]))
    # Imported here: the library takes seconds and memory that a faster engine does not need.
    from tidewheel_server.engines.sklearn_engine import sklearn_engine

    return EngineChoice(sklearn_engine(files), refused=tuple(refused))


def _tried(
    tier: Tier, files: ModelFiles, probes: Probes | None, wanted: str | None
) -> Candidate | str:
    """Return the engine of a tier, or why it does not serve."""
    if wanted not in (None, tier.name):
        return f"the server was started with --engine {wanted}"
    if probes is None:
        return _WITHOUT_PROBES
    try:
        found = tier.build(files)
        if isinstance(found, Unable):
            return found.reason
        unlike = difference(found.engine, probes, found.tolerance)
    except Exception as error:  # a defect of an engine must not keep scikit-learn from serving
        log_defect(f"engine {tier.name} failed", error)
        return f"stopped with {type(error).__name__}: {error}"
    return found if unlike is None else unlike
