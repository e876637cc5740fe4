"""The stable endpoint of the demo's model, asked as any client would."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

import pandas as pd

from tidewheel_dev import errors, wait
from tidewheel_dev.demo import questions, web
from tidewheel_dev.demo.context import MODEL, Demo

__all__ = ["PORT", "Endpoint", "open_endpoint"]

PORT = 80
_ANSWER_SECONDS = 30.0
_LATE_CLASS = "1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is and what it says of its inputs and classes."""

    url: str
    inputs: tuple[dict[str, object], ...]
    classes: tuple[str, ...]

    def body(self, rows: pd.DataFrame) -> bytes:
        """Return the request for some rows."""
        return questions.infer_body(self.inputs, rows)

    def ask(self, connection: web.Connection, body: bytes) -> questions.Prediction:
        """Return the probability of being late for each row of a request.

        Raises:
            DevError: the server refused the request.
        """
        answer = connection.send("POST", questions.infer_path(MODEL), body)
        if answer.status != http.client.OK:
            raise errors.DevError(f"the model answered {answer.status}: {answer.text[:500]}")
        late = self.classes.index(_LATE_CLASS)
        return questions.prediction(answer.document, late, len(self.classes))


def open_endpoint(demo: Demo) -> Endpoint:
    """Return the endpoint once it describes its model."""
    url = demo.site.reach.url(demo.namespace, MODEL, PORT, moves=True)
    found: list[web.Answer] = []

    def missing() -> str | None:
        try:
            answer = web.get(url, f"/v2/models/{MODEL}")
        except (OSError, http.client.HTTPException) as err:
            return f"no answer: {err}"
        if answer.status != http.client.OK:
            return f"it answers {answer.status}: {answer.text[:200]}"
        found.append(answer)
        return None

    # The Service was just made: its address works a moment after its object exists.
    wait.until("the stable endpoint", missing, timeout_seconds=_ANSWER_SECONDS)
    metadata = found[0].document
    return Endpoint(url, tuple(metadata["inputs"]), tuple(metadata["properties"]["classes"]))
