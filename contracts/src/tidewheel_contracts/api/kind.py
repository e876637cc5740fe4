"""The description of one custom resource kind: what CRDs, watches and URLs are derived from."""

from dataclasses import dataclass

from tidewheel_contracts.api.model import ApiModel

__all__ = ["GROUP", "VERSION", "Kind", "PrinterColumn"]

GROUP = "tidewheel.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True, slots=True)
class PrinterColumn:
    """One column of `kubectl get`; wide columns show with `-o wide` only."""

    name: str
    json_path: str
    type: str = "string"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its names, its models, its printer columns and the rules on its root.

    Root rules are about `metadata.name`; rules about the spec stand beside the spec's model.
    """

    name: str
    plural: str
    short_name: str
    description: str
    spec: type[ApiModel]
    status: type[ApiModel]
    columns: tuple[PrinterColumn, ...]
    root_rules: tuple[tuple[str, str], ...] = ()

    @property
    def singular(self) -> str:
        """Return the lower-case singular name."""
        return self.name.lower()

    @property
    def api_version(self) -> str:
        """Return group and version as objects name them."""
        return f"{GROUP}/{VERSION}"
