"""Which endpoint a method and path name: pure, one look into a table for every valid path."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from tidewheel_server.http.message import HttpResponse, error_response, header_line, shown
from tidewheel_server.model_state import Identity

__all__ = ["Endpoint", "Route", "find_endpoint", "routes_of"]


class Endpoint(StrEnum):
    """What a request asks for; the values are the metrics' `endpoint` label."""

    SERVER_METADATA = "server_metadata"
    LIVE = "live"
    READY = "ready"
    MODELS = "models"
    MODEL_METADATA = "model_metadata"
    MODEL_READY = "model_ready"
    INFER = "infer"
    METRICS = "metrics"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint and the methods that it takes; HEAD is GET without the body."""

    endpoint: Endpoint
    methods: tuple[str, ...] = ("GET", "HEAD")


def routes_of(identity: Identity) -> Mapping[str, Route]:
    """Return every path that the server answers."""
    model = f"/v2/models/{identity.model_name}"
    routes = {
        "/v2": Route(Endpoint.SERVER_METADATA),
        "/v2/": Route(Endpoint.SERVER_METADATA),
        "/v2/health/live": Route(Endpoint.LIVE),
        "/v2/health/ready": Route(Endpoint.READY),
        "/v2/models": Route(Endpoint.MODELS),
        "/metrics": Route(Endpoint.METRICS),
    }
    for path in (model, f"{model}/versions/{identity.version}"):
        routes[path] = Route(Endpoint.MODEL_METADATA)
        routes[f"{path}/ready"] = Route(Endpoint.MODEL_READY)
        routes[f"{path}/infer"] = Route(Endpoint.INFER, ("POST",))
    return routes


def find_endpoint(
    routes: Mapping[str, Route], identity: Identity, method: str, path: str
) -> tuple[Endpoint, HttpResponse | None]:
    """Return the endpoint, and the answer if the request is already refused."""
    route = routes.get(path) or routes.get(unquote(path))
    if route is None:
        return Endpoint.UNKNOWN, error_response(404, _not_found(identity, unquote(path)))
    if method not in route.methods:
        allowed = ", ".join(route.methods)
        message = f"{path} takes {allowed}, not {method}"
        return route.endpoint, error_response(405, message, header_line("allow", allowed))
    return route.endpoint, None


def _not_found(identity: Identity, path: str) -> str:
    """Say which part of the path names nothing."""
    parts = path.split("/")
    if parts[:3] == ["", "v2", "models"] and len(parts) > 3:
        if parts[3] != identity.model_name:
            return f"No model {shown(parts[3])} is here; the model is '{identity.model_name}'"
        if parts[4:5] == ["versions"] and len(parts) > 5 and parts[5] != identity.version:
            return (
                f"Model '{identity.model_name}' has no version {shown(parts[5])} here; "
                f"the version is '{identity.version}'"
            )
    return f"No such path: {shown(path)}"
