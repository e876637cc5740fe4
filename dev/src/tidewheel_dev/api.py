"""Talk to the API server with the standard library: enough to set a cluster up and look at it."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Api", "RefusedError", "connect"]

_FIELD_MANAGER = "tidewheel-dev"


class RefusedError(Exception):
    """The server answered, but not with success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Api:
    """One API server and the identity to use there."""

    host: str
    port: int
    context: ssl.SSLContext

    def get(self, path: str) -> dict[str, Any]:
        """Return the object or list at `path`."""
        found = json.loads(self._request("GET", path))
        return dict(found)

    def text(self, path: str) -> str:
        """Return an answer that is not JSON, such as that of /readyz."""
        return self._request("GET", path)

    def apply(self, path: str, body: dict[str, Any]) -> None:
        """Create or change one object by server-side apply."""
        query = urllib.parse.urlencode({"fieldManager": _FIELD_MANAGER, "force": "true"})
        self._request("PATCH", f"{path}?{query}", body, "application/apply-patch+yaml")

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None, kind: str | None = None
    ) -> str:
        connection = http.client.HTTPSConnection(
            self.host, self.port, context=self.context, timeout=5
        )
        try:
            headers = {"Content-Type": kind} if kind else {}
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise RefusedError(answer.status, text.strip())
        return text


def connect(kubeconfig: Path) -> Api:
    """Return the API that the kubeconfig names."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(
        cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
    )
    # The ssl module reads a client certificate from a file only.
    with tempfile.NamedTemporaryFile() as both:
        both.write(base64.b64decode(user["client-certificate-data"]))
        both.write(base64.b64decode(user["client-key-data"]))
        both.flush()
        context.load_cert_chain(both.name)
    server = urllib.parse.urlsplit(cluster["server"])
    return Api(server.hostname or "", server.port or 443, context)
