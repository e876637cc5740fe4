"""What policies know of any object: its metadata, and its spec and status as models."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Status

__all__ = ["Metadata", "Observed", "Unreadable", "from_time", "parse", "parse_status", "to_time"]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata that rules read."""

    name: str
    namespace: str
    uid: str
    generation: int = 1
    creation_time: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    is_being_deleted: bool = False
    owner_uid: str | None = None

    @classmethod
    def of(cls, item: dict[str, Any]) -> "Metadata":
        """Return the metadata of an object."""
        metadata = item["metadata"]
        owners = (
            reference["uid"]
            for reference in metadata.get("ownerReferences") or ()
            if reference.get("controller")
        )
        return cls(
            name=metadata["name"],
            namespace=metadata["namespace"],
            uid=metadata["uid"],
            generation=metadata.get("generation", 1),
            creation_time=metadata.get("creationTimestamp") or "",
            labels=dict(metadata.get("labels") or {}),
            annotations=dict(metadata.get("annotations") or {}),
            is_being_deleted=bool(metadata.get("deletionTimestamp")),
            owner_uid=next(owners, None),
        )


@dataclass(frozen=True, slots=True)
class Observed(Generic[SpecT, StatusT]):
    """One of our objects, readable."""

    metadata: Metadata
    spec: SpecT
    status: StatusT


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One of our objects that a newer or looser schema let in."""

    metadata: Metadata
    message: str


def parse(
    item: dict[str, Any], spec: type[SpecT], status: type[StatusT]
) -> Observed[SpecT, StatusT] | Unreadable:
    """Return the object as models, or what is wrong with it, field by field."""
    metadata = Metadata.of(item)
    try:
        parsed = spec.model_validate(item.get("spec") or {})
    except ValidationError as error:
        problems = "; ".join(
            f"spec.{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        return Unreadable(metadata, problems)
    return Observed(metadata, parsed, parse_status(item, status))


def parse_status(item: dict[str, Any], status: type[StatusT]) -> StatusT:
    """Return the status; one that cannot be read counts as empty, for it is derived again."""
    try:
        return status.model_validate(item.get("status") or {})
    except ValidationError:
        return status()


def to_time(moment: datetime) -> str:
    """Return a moment as Kubernetes writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_time(text: str) -> datetime:
    """Return the moment that a Kubernetes time names."""
    return datetime.fromisoformat(text)
