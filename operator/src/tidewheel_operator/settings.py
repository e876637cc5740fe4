"""All configuration of the operator, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Settings", "SettingsError", "settings_from"]


class SettingsError(Exception):
    """An environment variable is missing or has a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator is told from outside."""

    trainer_image: str
    server_image: str
    image_pull_policy: str = "IfNotPresent"
    watch_namespaces: tuple[str, ...] = ()
    alert_tokens_file: str | None = None
    http_port: int = 8080
    alert_port: int = 8090
    workers: int = 16


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings that the environment holds.

    Raises:
        SettingsError: a variable is missing or unusable; the message names it.
    """
    namespaces = environ.get("TIDEWHEEL_WATCH_NAMESPACES", "")
    return Settings(
        trainer_image=_required(environ, "TIDEWHEEL_TRAINER_IMAGE"),
        server_image=_required(environ, "TIDEWHEEL_SERVER_IMAGE"),
        image_pull_policy=environ.get("TIDEWHEEL_IMAGE_PULL_POLICY", "IfNotPresent"),
        watch_namespaces=tuple(name.strip() for name in namespaces.split(",") if name.strip()),
        alert_tokens_file=environ.get("TIDEWHEEL_ALERT_TOKENS_FILE") or None,
        http_port=_port(environ, "TIDEWHEEL_HTTP_PORT", 8080),
        alert_port=_port(environ, "TIDEWHEEL_ALERT_PORT", 8090),
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} must name an image")
    return value


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} must be a port number from 1 to 65535, not '{text}'")
    return int(text)
