"""Whose pod a token is bound to, by the API server's word."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from tidewheel_operator.runtime.api import ApiUnavailableError, Found, Outcome, Refused
from tidewheel_operator.web import report_tokens
from tidewheel_operator.web.report_tokens import (
    PodIdentity,
    ReportTokens,
    TooManyReviewsError,
    identity_of,
)

AUDIENCE = "tidewheel.dev/report"
POD = PodIdentity("ml", "pod-1", "uid-1")


def review(**changes: Any) -> dict[str, Any]:
    """Return the answer of a TokenReview as Kubernetes 1.36 gives it."""
    status = {
        "authenticated": True,
        "audiences": [AUDIENCE],
        "user": {
            "username": "system:serviceaccount:ml:default",
            "uid": "8d3c",
            "groups": ["system:serviceaccounts", "system:authenticated"],
            "extra": {
                "authentication.kubernetes.io/credential-id": ["JTI=1"],
                "authentication.kubernetes.io/node-name": ["node-1"],
                "authentication.kubernetes.io/pod-name": ["pod-1"],
                "authentication.kubernetes.io/pod-uid": ["uid-1"],
            },
        },
        **changes,
    }
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def user(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {**review()["status"]["user"], **changes}
    return found


@dataclass
class Server:
    """Answers reviews, and notes the tokens."""

    answer: Outcome = field(default_factory=lambda: Found(review()))
    tokens: list[str] = field(default_factory=list)
    now: float = 0.0

    async def review(self, token: str) -> Outcome:
        """Review a token."""
        self.tokens.append(token)
        await asyncio.sleep(0)
        return self.answer

    def tokens_of(self) -> ReportTokens:
        """Return what asks this server."""
        return ReportTokens(self.review, AUDIENCE, lambda: self.now)


@pytest.mark.parametrize(
    ("answer", "pod"),
    [
        pytest.param(review(), POD, id="a pod's own token"),
        pytest.param(review(authenticated=False), None, id="a made-up token"),
        pytest.param({"status": {}}, None, id="an empty answer"),
        pytest.param(review(audiences=["other"]), None, id="a token for somebody else"),
        pytest.param(review(audiences=None), None, id="a server that checks no audience"),
        pytest.param(review(user=user(username="alice")), None, id="a person"),
        pytest.param(review(user=user(extra={})), None, id="a token that is bound to no pod"),
    ],
)
def test_identity(answer: dict[str, Any], pod: PodIdentity | None) -> None:
    assert identity_of(answer, AUDIENCE) == pod


def test_a_good_token_is_reviewed_once_a_minute() -> None:
    server = Server()

    async def scenario() -> list[PodIdentity | None]:
        tokens = server.tokens_of()
        found = []
        for server.now in (0.0, 59.0, 60.0):
            found.append(await tokens.pod_of("a"))
        return found

    assert asyncio.run(scenario()) == [POD, POD, POD]
    assert server.tokens == ["a", "a"]


def test_a_bad_token_is_not_remembered() -> None:
    server = Server(Found(review(authenticated=False)))

    async def scenario() -> list[PodIdentity | None]:
        tokens = server.tokens_of()
        first = await tokens.pod_of("a")
        server.answer = Found(review())
        return [first, await tokens.pod_of("a")]

    assert asyncio.run(scenario()) == [None, POD]


@pytest.mark.parametrize("token", ["", "a" * 8193])
def test_what_cannot_be_a_token_is_not_asked_about(token: str) -> None:
    server = Server()

    assert asyncio.run(server.tokens_of().pod_of(token)) is None
    assert server.tokens == []


def test_missing_rights_are_told_as_such() -> None:
    server = Server(Refused(403, "tokenreviews is forbidden"))

    with pytest.raises(ApiUnavailableError, match="reviewing a token: tokenreviews is forbidden"):
        asyncio.run(server.tokens_of().pod_of("a"))


def test_only_so_many_tokens_are_reviewed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_tokens, "_MOST_AT_ONCE", 2)
    server = Server()

    async def scenario() -> list[Any]:
        tokens = server.tokens_of()
        asked = [tokens.pod_of(name) for name in "abc"]
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(scenario())
    assert found[:2] == [POD, POD]
    assert isinstance(found[2], TooManyReviewsError)
    assert asyncio.run(server.tokens_of().pod_of("d")) == POD


def test_of_too_many_tokens_the_oldest_is_reviewed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_tokens, "_MOST_REMEMBERED", 2)
    server = Server()

    async def scenario() -> None:
        tokens = server.tokens_of()
        for token in "abcca":
            await tokens.pod_of(token)

    asyncio.run(scenario())
    assert server.tokens == ["a", "b", "c", "a"]
