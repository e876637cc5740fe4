"""The kinds of engines that are tried before scikit-learn, the fastest first."""

from tidewheel_server.engines.native.tier import NATIVE
from tidewheel_server.engines.tier import Tier

__all__ = ["FASTER"]

FASTER: tuple[Tier, ...] = (NATIVE,)
