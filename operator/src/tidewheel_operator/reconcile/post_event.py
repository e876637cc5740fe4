"""Posting Kubernetes events: they inform, so a lost one stops nothing."""

import logging
from typing import Any

from tidewheel_operator.logs import about
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.observed import to_time
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.resources import EVENTS

__all__ = ["post_event"]

Object = dict[str, Any]
_LOG = logging.getLogger(__name__)
_LONGEST_NOTE = 1000


async def post_event(world: World, item: Object, event: Event) -> None:
    """Post an event about an object; its name is made of what it says, so repeats are one event."""
    metadata, moment = item["metadata"], to_time(world.clock())
    text = f"{metadata['uid']}{metadata['resourceVersion']}{event.reason}{event.message}"
    manifest = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{digest_of(text)[7:23]}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": item["apiVersion"],
            "kind": item["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "reason": event.reason,
        "message": event.message[:_LONGEST_NOTE],
        "type": event.type,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        "source": {"component": "tidewheel"},
        "reportingComponent": "tidewheel.dev/operator",
        "reportingInstance": "operator",
    }
    try:
        await world.api.create(EVENTS, manifest)
    except ApiUnavailableError as error:
        words = "event %s was not posted: %s"
        _LOG.warning(words, event.reason, error, extra=about(item["kind"], metadata))
