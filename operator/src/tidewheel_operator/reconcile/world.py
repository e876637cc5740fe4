"""What every reconciler works with, handed in so that tests can give their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tidewheel_operator.reconcile.restorations import Restorations
from tidewheel_operator.runtime.api import Api
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.followed import Followed
from tidewheel_operator.runtime.reports import Reports
from tidewheel_operator.settings import Settings

__all__ = ["World"]


@dataclass(frozen=True, slots=True)
class World:
    """API server, cache, settings, clock, what was written, what Jobs told, what is watched."""

    api: Api
    cache: Cache
    settings: Settings
    clock: Callable[[], datetime]
    restorations: Restorations = field(default_factory=Restorations)
    reports: Reports = field(default_factory=Reports)
    followed: Followed = field(default_factory=Followed)
