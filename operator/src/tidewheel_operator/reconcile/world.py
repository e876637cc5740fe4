"""What every reconciler works with, handed in so that tests can give their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tidewheel_operator.runtime.api import Api
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.settings import Settings

__all__ = ["World"]


@dataclass(frozen=True, slots=True)
class World:
    """API server, cache, settings and clock."""

    api: Api
    cache: Cache
    settings: Settings
    clock: Callable[[], datetime]
