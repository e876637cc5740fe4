"""The payload of an Alertmanager webhook, version 4, as far as it matters here."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Alert", "AlertPayload"]

_LabelText = Annotated[str, Field(max_length=4096)]


class _Loose(BaseModel):
    # Alertmanager adds fields over time; what we do not read must not break us.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Alert(_Loose):
    """One alert of the group."""

    status: Literal["firing", "resolved"]
    labels: Annotated[dict[str, _LabelText], Field(max_length=64)]
    startsAt: Annotated[str, Field(max_length=64)]  # noqa: N815 - Alertmanager's spelling
    fingerprint: Annotated[str, Field(min_length=1, max_length=64)]


class AlertPayload(_Loose):
    """One notification: a group of alerts."""

    version: Literal["4"]
    groupKey: Annotated[str, Field(min_length=1, max_length=4096)]  # noqa: N815
    truncatedAlerts: Annotated[int, Field(ge=0)] = 0  # noqa: N815
    alerts: Annotated[tuple[Alert, ...], Field(max_length=1000)]
