"""Whose pod reports: bound service-account tokens, reviewed by the API server.

A review is remembered for a minute, by a hash of the token, so that a pod that reports every five
seconds costs one review a minute. Only so many reviews are under way at once, and they have a pace
of their own: whoever sends made-up tokens delays other reports, and no write of the reconcilers.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tidewheel_operator.runtime.api import ApiUnavailableError, Outcome, Refused
from tidewheel_operator.runtime.clock import elapsed_seconds

__all__ = ["PodIdentity", "ReportTokens", "TooManyReviewsError", "identity_of"]

Object = dict[str, Any]
Review = Callable[[str], Awaitable[Outcome]]

_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 10_000
_MOST_AT_ONCE = 32
_LONGEST_TOKEN = 8192
_ACCOUNT = "system:serviceaccount:"
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


class TooManyReviewsError(Exception):
    """More tokens than usual wait for the API server."""


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """The pod that a token is bound to."""

    namespace: str
    name: str
    uid: str


def identity_of(review: Object, audience: str) -> PodIdentity | None:
    """Return the pod that a TokenReview tells of; nothing for a token that is not good for it."""
    status = review.get("status") or {}
    user = status.get("user") or {}
    account = str(user.get("username") or "")
    if not status.get("authenticated") or audience not in (status.get("audiences") or ()):
        return None
    extra = user.get("extra") or {}
    name, uid = _single(extra.get(_POD_NAME)), _single(extra.get(_POD_UID))
    if not account.startswith(_ACCOUNT) or not name or not uid:
        return None
    namespace = account.removeprefix(_ACCOUNT).partition(":")[0]
    return PodIdentity(namespace, name, uid)


def _single(values: list[str] | None) -> str:
    return values[0] if values and len(values) == 1 else ""


class ReportTokens:
    """Tells the pod of a token, and remembers it for a while."""

    def __init__(
        self, review: Review, audience: str, clock: Callable[[], float] = elapsed_seconds
    ) -> None:
        self._review = review
        self._audience = audience
        self._clock = clock
        self._known: dict[str, tuple[PodIdentity, float]] = {}
        self._under_way = 0

    async def pod_of(self, token: str) -> PodIdentity | None:
        """Return the pod that a token is bound to; nothing for a token that is not good.

        Raises:
            ApiUnavailableError: the API server did not answer, or lets us review no token.
            TooManyReviewsError: too many tokens are under review.
        """
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        pod = await self._reviewed(token)
        if pod is not None:
            self._remember(digest, pod)
        return pod

    async def _reviewed(self, token: str) -> PodIdentity | None:
        if self._under_way >= _MOST_AT_ONCE:
            raise TooManyReviewsError
        self._under_way += 1
        try:
            outcome = await self._review(token)
        finally:
            self._under_way -= 1
        if isinstance(outcome, Refused):
            raise ApiUnavailableError(f"reviewing a token: {outcome.message}")
        return identity_of(outcome.object, self._audience)

    def _remember(self, digest: str, pod: PodIdentity) -> None:
        self._known.pop(digest, None)
        self._known[digest] = (pod, self._clock() + _REMEMBERED_SECONDS)
        while len(self._known) > _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
