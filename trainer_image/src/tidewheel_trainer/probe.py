"""Look whether a source has changed; reads no rows."""

from tidewheel_contracts.job import ProbeRequest, ProbeResult
from tidewheel_trainer.collect.previous import positions_of
from tidewheel_trainer.sources.connector import Connector
from tidewheel_trainer.store import Store

__all__ = ["probe"]


def probe(request: ProbeRequest, connector: Connector, store: Store) -> ProbeResult:
    """Return what the source is like now, seen from where the newest snapshot ends.

    Raises:
        TrainerError: with the reasons of the source and the store.
    """
    position = positions_of(store, request.store, request.dataset_name, request.previous)
    look = connector.look(position)
    return ProbeResult(fingerprint=look.fingerprint, new_rows=look.new_rows)
