"""Run buildah with a store of its own and the machine's package settings, read-only.

Builds find the machine's pip configuration, certificates and resolver by mounts, so that no
registry or certificate of this machine is named in a Dockerfile or stays in an image.
"""

from __future__ import annotations

import ast
import configparser
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tidewheel_dev import command, paths

__all__ = ["argv", "build", "commit_folder", "image_exists", "merged_pip_config", "push"]

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PATH_OPTIONS = {"cert", "client-cert", "find-links"}
_POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


def build(
    *, dockerfile: Path, context: Path, tag: str, arguments: Mapping[str, str], log: Path
) -> None:
    """Build one image from its Dockerfile."""
    options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
    mounts = [f"--volume={source}:{target}:ro" for source, target in _mounts()]
    words = ["bud", "--layers", "--pull-never", "--network=host", *options, *mounts]
    target = ["--file", str(dockerfile), "--tag", tag, str(context)]
    command.run(argv([*words, *target]), env={"BUILDAH_ISOLATION": "chroot"}, log=log)


def commit_folder(folder: Path, tag: str, *, settings: Sequence[str]) -> None:
    """Make an image with the folder as its only layer."""
    container = command.output(argv(["from", "scratch"]))
    try:
        command.run(argv(["add", "--quiet", container, str(folder), "/"]))
        command.run(argv(["config", *settings, container]))
        command.run(argv(["commit", "--quiet", container, tag]))
    finally:
        command.run(argv(["rm", container]))


def image_exists(tag: str) -> bool:
    """Say whether the store holds the image."""
    return command.succeeds(argv(["inspect", "--type", "image", tag]))


def push(tag: str, target: str) -> None:
    """Copy an image out of the store, uncompressed, to a target such as `dir:PATH`."""
    command.run(argv(["push", "--quiet", "--disable-compression", tag, target]))


def argv(words: Sequence[str]) -> list[str]:
    """Return the words that run buildah on our own store."""
    store = paths.cache_folder() / "buildah"
    policy = store / "policy.json"
    if not policy.exists():
        policy.parent.mkdir(parents=True, exist_ok=True)
        policy.write_text(json.dumps(_POLICY))
    places = ["--root", str(store / "root"), "--runroot", "/run/tidewheel/buildah"]
    command_word, *rest = words
    trusting = ["--signature-policy", str(policy)] if command_word in _COPIES_IMAGES else []
    return ["buildah", *places, "--storage-driver=overlay", command_word, *trusting, *rest]


def merged_pip_config(listing: str) -> dict[str, dict[str, str]]:
    """Return pip's settings by section from the output of `pip config list`.

    Environment variables (`:env:`) win over files, as they do in pip.
    """
    sections: dict[str, dict[str, str]] = {"global": {}}
    environment: dict[str, str] = {}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        text = str(ast.literal_eval(value))
        if section == ":env:":
            environment[option] = text
        else:
            sections.setdefault(section, {})[option] = text
    sections["global"] |= environment
    return sections


def _mounts() -> list[tuple[Path, Path]]:
    """Return (source, target) of everything that builds may read of this machine."""
    sections = merged_pip_config(command.output([sys.executable, "-m", "pip", "config", "list"]))
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    config = paths.cache_folder() / "buildah" / "pip.conf"
    config.touch(mode=0o600)
    config.write_text(text.getvalue())

    certificates = Path(os.environ.get("SSL_CERT_FILE") or _CERTIFICATES)
    mounts = {Path("/etc/pip.conf"): config, Path("/etc/resolv.conf"): Path("/etc/resolv.conf")}
    mounts[_CERTIFICATES] = certificates
    mounts |= {path: path for path in _local_paths(sections)}
    return [(source, target) for target, source in mounts.items() if source.exists()]


def _local_paths(sections: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    values = [
        word
        for options in sections.values()
        for option, value in options.items()
        if option in _PATH_OPTIONS
        for word in value.split()
    ]
    return [Path(word) for word in values if word.startswith("/") and Path(word) != _CERTIFICATES]


_COPIES_IMAGES = {"bud", "commit", "from", "push"}
