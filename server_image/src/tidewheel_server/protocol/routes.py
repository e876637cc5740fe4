"""Which endpoint a method and path name: pure, one look into a table for every valid path."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from tidewheel_contracts.serving_counts import COUNTS_PATH, PROFILE_PATH
from tidewheel_server.http.message import HttpResponse, error_response, header_line, shown
from tidewheel_server.model_state import Identity

__all__ = ["Endpoint", "Route", "find_endpoint", "not_here", "routes_of"]


class Endpoint(StrEnum):
    """What a request asks for; the values are the metrics' `endpoint` label."""

    SERVER_METADATA = "server_metadata"
    LIVE = "live"
    READY = "ready"
    MODELS = "models"
    MODEL_METADATA = "model_metadata"
    MODEL_READY = "model_ready"
    INFER = "infer"
    STATISTICS = "statistics"
    REPOSITORY_INDEX = "repository_index"
    REPOSITORY_CONTROL = "repository_control"
    ALIVE = "alive"
    V1_MODEL = "v1_model"
    PREDICT = "predict"
    EXPLAIN = "explain"
    METRICS = "metrics"
    COUNTS = "counts"
    PROFILE = "profile"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint and the methods that it takes; HEAD is GET without the body."""

    endpoint: Endpoint
    methods: tuple[str, ...] = ("GET", "HEAD")


def routes_of(identity: Identity) -> Mapping[str, Route]:
    """Return every path that the server answers."""
    name = identity.model_name
    model = f"/v2/models/{name}"
    routes = {
        "/": Route(Endpoint.ALIVE),
        "/v1/models": Route(Endpoint.MODELS),
        f"/v1/models/{name}": Route(Endpoint.V1_MODEL),
        f"/v1/models/{name}:predict": Route(Endpoint.PREDICT, ("POST",)),
        f"/v1/models/{name}:explain": Route(Endpoint.EXPLAIN, ("POST",)),
        "/v2": Route(Endpoint.SERVER_METADATA),
        "/v2/": Route(Endpoint.SERVER_METADATA),
        "/v2/health/live": Route(Endpoint.LIVE),
        "/v2/health/ready": Route(Endpoint.READY),
        "/v2/models": Route(Endpoint.MODELS),
        "/v2/models/stats": Route(Endpoint.STATISTICS),
        "/v2/repository/index": Route(Endpoint.REPOSITORY_INDEX, ("POST",)),
        f"/v2/repository/models/{name}/load": Route(Endpoint.REPOSITORY_CONTROL, ("POST",)),
        f"/v2/repository/models/{name}/unload": Route(Endpoint.REPOSITORY_CONTROL, ("POST",)),
        "/metrics": Route(Endpoint.METRICS),
        COUNTS_PATH.format(model=name): Route(Endpoint.COUNTS),
        PROFILE_PATH.format(model=name): Route(Endpoint.PROFILE),
    }
    for path in (model, f"{model}/versions/{identity.version}"):
        routes[path] = Route(Endpoint.MODEL_METADATA)
        routes[f"{path}/ready"] = Route(Endpoint.MODEL_READY)
        routes[f"{path}/stats"] = Route(Endpoint.STATISTICS)
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
    match path.split("/"):
        case ["", "v2", "models", model, *rest] | ["", "v2", "repository", "models", model, *rest]:
            pass
        case ["", "v1", "models", named]:
            model, rest = named.partition(":")[0], []
        case _:
            return f"No such path: {shown(path)}"
    version = rest[1] if rest[:1] == ["versions"] and len(rest) > 1 else ""
    return not_here(identity, model, version) or f"No such path: {shown(path)}"


def not_here(identity: Identity, model: str, version: str) -> str | None:
    """Say what of a model and a version is not here; no version stands for ours."""
    if model != identity.model_name:
        return f"No model {shown(model)} is here; the model is '{identity.model_name}'"
    if version not in ("", identity.version):
        return (
            f"Model '{identity.model_name}' has no version {shown(version)} here; "
            f"the version is '{identity.version}'"
        )
    return None
