"""Names of produced objects: deterministic, short, told apart by a hash of their purpose."""

import hashlib

__all__ = ["child_name", "digest_of", "shortened"]

_LONGEST_STEM = 40
_DIGITS = 10


def child_name(owner_name: str, owner_uid: str, purpose: str) -> str:
    """Return the owner's name and a hash of its uid and the child's purpose: at most 51 characters.

    The uid keeps a re-created owner from meeting the children of its namesake.
    """
    text = f"{owner_uid}/{purpose}"
    return f"{owner_name[:_LONGEST_STEM]}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def shortened(name: str, longest: int) -> str:
    """Return a child's name with so many characters at most; its hash stays whole."""
    stem, digits = name[: -_DIGITS - 1], name[-_DIGITS:]
    return f"{stem[: longest - _DIGITS - 1]}-{digits}"


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text as digests are written."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
