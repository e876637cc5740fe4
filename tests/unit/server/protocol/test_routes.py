"""Every path finds its endpoint; every other says what does not exist."""

import orjson
import pytest

from tidewheel_server.model_state import Identity
from tidewheel_server.protocol.routes import Endpoint, find_endpoint, routes_of


@pytest.mark.parametrize(
    ("method", "path", "endpoint"),
    [
        ("GET", "/v2", Endpoint.SERVER_METADATA),
        ("GET", "/v2/", Endpoint.SERVER_METADATA),
        ("GET", "/v2/health/live", Endpoint.LIVE),
        ("HEAD", "/v2/health/live", Endpoint.LIVE),
        ("GET", "/v2/health/ready", Endpoint.READY),
        ("GET", "/v2/models", Endpoint.MODELS),
        ("GET", "/v2/models/flights", Endpoint.MODEL_METADATA),
        ("GET", "/v2/models/flights/versions/2", Endpoint.MODEL_METADATA),
        ("GET", "/v2/models/flights/ready", Endpoint.MODEL_READY),
        ("GET", "/v2/models/flights/versions/2/ready", Endpoint.MODEL_READY),
        ("POST", "/v2/models/flights/infer", Endpoint.INFER),
        ("POST", "/v2/models/flights/versions/2/infer", Endpoint.INFER),
        ("POST", "/v2/models/fl%69ghts/infer", Endpoint.INFER),
        ("GET", "/metrics", Endpoint.METRICS),
        ("GET", "/v2/models/stats", Endpoint.STATISTICS),
        ("GET", "/v2/models/flights/stats", Endpoint.STATISTICS),
        ("GET", "/v2/models/flights/versions/2/stats", Endpoint.STATISTICS),
        ("POST", "/v2/repository/index", Endpoint.REPOSITORY_INDEX),
        ("POST", "/v2/repository/models/flights/load", Endpoint.REPOSITORY_CONTROL),
        ("POST", "/v2/repository/models/flights/unload", Endpoint.REPOSITORY_CONTROL),
        ("GET", "/", Endpoint.ALIVE),
        ("GET", "/v1/models", Endpoint.MODELS),
        ("GET", "/v1/models/flights", Endpoint.V1_MODEL),
        ("POST", "/v1/models/flights:predict", Endpoint.PREDICT),
        ("POST", "/v1/models/flights%3Apredict", Endpoint.PREDICT),
        ("POST", "/v1/models/flights:explain", Endpoint.EXPLAIN),
    ],
)
def test_path_finds_its_endpoint(
    identity: Identity, method: str, path: str, endpoint: Endpoint
) -> None:
    assert find_endpoint(routes_of(identity), identity, method, path) == (endpoint, None)


@pytest.mark.parametrize(
    ("method", "path", "status", "error", "header_lines"),
    [
        ("GET", "/v3", 404, "No such path: '/v3'", b""),
        ("GET", "/v1/models/x", 404, "No model 'x' is here; the model is 'flights'", b""),
        ("POST", "/v1/models/x:predict", 404, "No model 'x' is here; the model is 'flights'", b""),
        (
            "POST",
            "/v1/models/flights:learn",
            404,
            "No such path: '/v1/models/flights:learn'",
            b"",
        ),
        (
            "POST",
            "/v2/repository/models/x/load",
            404,
            "No model 'x' is here; the model is 'flights'",
            b"",
        ),
        ("GET", "/v2/models/", 404, "No model '' is here; the model is 'flights'", b""),
        ("POST", "/v2/models/x/infer", 404, "No model 'x' is here; the model is 'flights'", b""),
        (
            "GET",
            "/v2/models/x/versions/2/ready",
            404,
            "No model 'x' is here; the model is 'flights'",
            b"",
        ),
        (
            "POST",
            "/v2/models/flights/versions/3/infer",
            404,
            "Model 'flights' has no version '3' here; the version is '2'",
            b"",
        ),
        (
            "GET",
            "/v2/models/flights/versions/flights-v2",
            404,
            "Model 'flights' has no version 'flights-v2' here; the version is '2'",
            b"",
        ),
        (
            "POST",
            "/v2/models/flights/explain",
            404,
            "No such path: '/v2/models/flights/explain'",
            b"",
        ),
        ("GET", "/%00%1b[2J", 404, "No such path: '/\\x00\\x1b[2J'", b""),
        ("GET", "/" + "a" * 300, 404, f"No such path: '/{'a' * 199}...'", b""),
        (
            "POST",
            "/v2/health/ready",
            405,
            "/v2/health/ready takes GET, HEAD, not POST",
            b"allow: GET, HEAD\r\n",
        ),
        (
            "GET",
            "/v2/models/flights/infer",
            405,
            "/v2/models/flights/infer takes POST, not GET",
            b"allow: POST\r\n",
        ),
    ],
)
def test_refusal_says_what_does_not_exist(
    identity: Identity, method: str, path: str, status: int, error: str, header_lines: bytes
) -> None:
    _, refusal = find_endpoint(routes_of(identity), identity, method, path)

    assert refusal is not None
    assert (refusal.status, orjson.loads(refusal.body)) == (status, {"error": error})
    assert refusal.header_lines == header_lines
