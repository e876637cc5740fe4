"""No log shows a credential, in whatever form a library writes it."""

import pytest

from tidewheel_operator.redaction import redacted

TOKEN = "abcdefgh-12345678"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0aWRld2hlZWwifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            f"send: Authorization: Bearer {TOKEN}\r\nAccept: */*",
            "send: Authorization: ***\r\nAccept: */*",
            id="a header as HTTP",
        ),
        pytest.param(
            "b'GET / HTTP/1.1\\r\\nauthorization: Basic YTpi\\r\\nHost: a'",
            "b'GET / HTTP/1.1\\r\\nauthorization: ***\\r\\nHost: a'",
            id="a request as its bytes are printed",
        ),
        pytest.param(
            f"{{'Authorization': 'Bearer {TOKEN}', 'Accept': '*/*'}}",
            "{'Authorization': '***', 'Accept': '*/*'}",
            id="a dictionary of headers",
        ),
        pytest.param(
            f"[(b'authorization', b'Bearer {TOKEN}'), (b'host', b'a')]",
            "[(b'authorization', b'***'), (b'host', b'a')]",
            id="pairs of bytes",
        ),
        pytest.param(
            """<CIMultiDict('Proxy-Authorization': 'Digest username="a", response="b"')>""",
            "<CIMultiDict('Proxy-Authorization': '***')>",
            id="another scheme, with quotes in it",
        ),
        pytest.param(
            f'{{"authorization": "Bearer {TOKEN}"}}', '{"authorization": "***"}', id="JSON"
        ),
        pytest.param(f"token is bearer {TOKEN}!", "token is bearer ***!", id="a bearer token"),
        pytest.param(f"token={JWT} expired", "token=*** expired", id="a token without scheme"),
        pytest.param(
            "GET https://user:pa:ss@host:9000/b?x=1 failed",
            "GET https://***@host:9000/b?x=1 failed",
            id="a URL with credentials",
        ),
        pytest.param("s3://key:a@b@host/bucket", "s3://***@host/bucket", id="an unescaped @"),
        pytest.param(
            "http://s3/b/k?X-Amz-Credential=AK/2026&X-Amz-Date=1&X-Amz-Signature=f00d",
            "http://s3/b/k?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***",
            id="a presigned URL",
        ),
    ],
)
def test_credentials_are_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "a known bearer token is needed",
        "basic authentication",
        "GET https://host:6443/apis/batch/v1/jobs?fieldManager=tidewheel&limit=500: 404 not found",
        'trainingruns.tidewheel.dev is forbidden: User "a@b.c" cannot list resource',
        "Lease 'tidewheel-operator' is held by 'tidewheel-5d9c-x2x4'",
        "subjectaccessreviews.authorization.k8s.io",
        "see https://example.com/a?mail=me@example.com",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    "piece",
    ["eyJ-", "a.", "a://", "?token", "&key-", "authorization:'", "bearer ", "://@", "eyJaaaaaaaa."],
)
@pytest.mark.timeout(60)
def test_time_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    assert redacted(piece * (400_000 // len(piece)))
