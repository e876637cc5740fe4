"""Reads a skops file as plain data: no class of it is looked up, no code of it runs.

Objects are read when somebody asks for them, because a forest's file holds much that no prediction
needs. Whatever is not as skops 0.16 writes it is refused.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.engines.archive import checked_archive
from tidewheel_server.engines.native.unsupported import UnsupportedError
from tidewheel_server.errors import LoadError

__all__ = ["SkopsObject", "read_document"]

_Node = Mapping[str, Any]


class SkopsObject:
    """An object of a skops file: the name of its class, and its attributes by name."""

    def __init__(self, name: str, attributes: _Node, archive: zipfile.ZipFile) -> None:
        """Take the attributes as nodes, which are read when they are asked for."""
        self.name = name
        self._attributes = attributes
        self._archive = archive

    @property
    def short_name(self) -> str:
        """Return the name of the class without its module."""
        return self.name.rpartition(".")[2]

    def __getitem__(self, attribute: str) -> Any:  # noqa: ANN401  any value of a file
        """Return an attribute.

        Raises:
            UnsupportedError: there is none of the name.
        """
        if attribute not in self._attributes:
            raise UnsupportedError(f"{self.short_name} without {attribute} is not implemented")
        return _value(self._attributes[attribute], self._archive)

    def get(self, attribute: str) -> Any:  # noqa: ANN401
        """Return an attribute, or None."""
        return self[attribute] if attribute in self._attributes else None

    def array(self, attribute: str) -> NDArray[Any]:
        """Return an attribute that is an array of numbers.

        Raises:
            UnsupportedError: it is something else.
        """
        value = self[attribute]
        if isinstance(value, np.ndarray | np.generic):
            return np.asarray(value)
        raise UnsupportedError(f"{self.short_name} whose {attribute} is no array is not known")

    def object(self, attribute: str) -> "SkopsObject":
        """Return an attribute that is an object.

        Raises:
            UnsupportedError: it is something else.
        """
        value = self[attribute]
        if isinstance(value, SkopsObject):
            return value
        raise UnsupportedError(f"{self.short_name} with the {attribute} {value!r:.40} is not known")


def read_document(data: bytes) -> SkopsObject:
    """Return the object that a skops file holds.

    Raises:
        UnsupportedError: the file is refused, or not as skops writes it.
    """
    try:
        archive, schema = checked_archive(data)
    except LoadError as error:
        raise UnsupportedError(str(error)) from error
    root = _value(schema, archive)
    if not isinstance(root, SkopsObject):
        raise UnsupportedError("the file holds no object")
    return root


def _value(node: Any, archive: zipfile.ZipFile) -> Any:  # noqa: ANN401
    """Return what a node of the schema stands for.

    Raises:
        UnsupportedError: nobody knows.
    """
    try:
        return _read(node, archive)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UnsupportedError(f"the file is damaged: {type(error).__name__}: {error}") from error


def _read(node: Any, archive: zipfile.ZipFile) -> Any:  # noqa: ANN401
    match node["__loader__"]:
        case "JsonNode":
            return json.loads(node["content"])
        case "ListNode":
            return [_read(item, archive) for item in node["content"]]
        case "TupleNode":
            return tuple(_read(item, archive) for item in node["content"])
        case "DictNode":
            keys = [
                _key(key, kind) for key, kind in zip(node["content"], _kinds(node), strict=True)
            ]
            values = [_read(item, archive) for item in node["content"].values()]
            return dict(zip(keys, values, strict=True))
        case "NdArrayNode":
            return _array(node, archive)
        case _:
            return SkopsObject(f"{node['__module__']}.{node['__class__']}", _state(node), archive)


def _array(node: _Node, archive: zipfile.ZipFile) -> Any:  # noqa: ANN401
    """Return an array; an array of objects is a list, which holds lists if it has two axes."""
    if node["type"] == "json":
        return [_read(item, archive) for item in node["content"]]
    return np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False)


def _state(node: _Node) -> _Node:
    """Return the attributes of an object's node; an object of no attributes has none to read."""
    content = node.get("content")
    if node["__loader__"] not in {"ObjectNode", "TreeNode"} or not isinstance(content, dict):
        return {}
    # skops writes a tree's state as a node too, and that of some objects as a tuple.
    found = content["content"] if content.get("__loader__") == "DictNode" else {}
    return cast("_Node", found)


def _kinds(node: _Node) -> list[str]:
    return [str(kind["__class__"]) for kind in node["key_types"]["content"]]


def _key(key: str, kind: str) -> str | int:
    return int(key) if kind == "int" else key
