"""Values of any library as JSON text, exact: what JSON would round or does not know is text."""

import base64
import json
import math
from datetime import date, datetime, time

__all__ = ["json_text"]


def json_text(value: object) -> str:
    """Return compact JSON; NaN and infinities, which JSON lacks, are null."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value)
