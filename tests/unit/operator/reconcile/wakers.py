"""Objects that wake others when they change."""

from tests.builders import Object

from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import resource_of

__all__ = ["DEPLOYMENT", "VERSION", "woken"]


def woken(item: Object, before: Object | None, *known: Object) -> set[str]:
    """Return the keys that a change from one state to another makes dirty."""
    cache = Cache()
    for other in (*known, item):
        cache.put(resource_of(other), other)
    return {str(key) for key in keys_of(cache, resource_of(item), item, before)}


DEPLOYMENT = "modeldeployments/ml/flight-delay"
VERSION = "modelversions/ml/flight-delay-v1"
