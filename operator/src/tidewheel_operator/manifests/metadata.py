"""Metadata that every produced object carries: labels, the controller reference, the hash."""

import json
from collections.abc import Mapping
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_operator.manifests.names import digest_of

__all__ = ["owned_metadata", "with_hash"]

Object = dict[str, Any]


def owned_metadata(
    *,
    name: str,
    namespace: str,
    owner_kind: str,
    owner_name: str,
    owner_uid: str,
    extra_labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """Return the metadata of a child that goes when its controller goes."""
    metadata: Object = {
        "name": name,
        "namespace": namespace,
        "labels": {
            labels.MANAGED_BY: labels.MANAGER,
            labels.OWNER_KIND: owner_kind,
            **extra_labels,
        },
        "ownerReferences": [
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": owner_kind,
                "name": owner_name,
                "uid": owner_uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return metadata


def with_hash(manifest: Object) -> Object:
    """Return the manifest with its own hash as an annotation, so that drift is cheap to see."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    metadata = dict(manifest["metadata"])
    metadata["annotations"] = {
        **metadata.get("annotations", {}),
        labels.MANIFEST_HASH: digest_of(text),
    }
    return {**manifest, "metadata": metadata}
