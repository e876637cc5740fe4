"""Read what a process may connect to, and guard all of it from then on."""

from collections.abc import Mapping

from tidewheel_trainer.egress.hook import install
from tidewheel_trainer.egress.policy import read_policy
from tidewheel_trainer.egress.resolving import ResolvingGuard

__all__ = ["installed_guard"]


def installed_guard(environment: Mapping[str, str], *also_allowed: str) -> ResolvingGuard:
    """Return the guard of this process, which from now on also watches every connection.

    Args:
        environment: the variables of the process; EGRESS_VARIABLE has what the chart lists.
        also_allowed: more entries of the list, such as the host of a store that is trusted.

    Raises:
        TrainerError: RequestInvalid, when the variable cannot be read.
    """
    guard = ResolvingGuard(read_policy(environment).also_allowing(*also_allowed))
    install(guard)
    return guard
