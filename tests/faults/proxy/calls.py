"""What a request to the API server asks for, read from its method and URL. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["READS", "WRITES", "Call", "call_of"]

WRITES = frozenset({"create", "replace", "apply", "patch", "status", "delete"})
READS = frozenset({"get", "list", "watch"})
_APPLY = "application/apply-patch+yaml"
_METHODS = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, or one event of a watch: then the verb is the event's type."""

    verb: str
    plural: str
    namespace: str = ""
    name: str = ""
    # The label selector of a LIST or a watch.
    selector: str = ""

    @property
    def is_write(self) -> bool:
        """Tell whether it changes something other than a Lease."""
        return self.verb in WRITES and self.plural != "leases"


def call_of(method: str, path: str, query: Mapping[str, str], content_type: str = "") -> Call:
    """Return what is asked for; what names no resource is the verb `discover`."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[0] not in ("api", "apis") or not rest:
        return Call("discover", "")
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = (*rest, "", "")[:3]
    verb = _verb(method, name, subresource, query, content_type)
    return Call(verb, plural, namespace, name, query.get("labelSelector", ""))


def _verb(
    method: str, name: str, subresource: str, query: Mapping[str, str], content_type: str
) -> str:
    if method == "GET":
        if query.get("watch") in ("true", "1"):
            return "watch"
        return "get" if name else "list"
    if subresource == "status":
        return "status"
    if content_type == _APPLY:
        return "apply"
    return _METHODS[method]
