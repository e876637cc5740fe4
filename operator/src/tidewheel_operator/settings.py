"""All configuration of the operator, read once from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from tidewheel_operator.manifests.egress import USUAL_EGRESS, Egress

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
    pod_name: str = ""
    pod_namespace: str = ""
    lease_name: str = "tidewheel-operator"
    writes_per_second: int = 400
    write_burst: int = 800
    verify_seconds: int = 600
    egress: Egress = USUAL_EGRESS
    report_url: str | None = None
    report_port: int = 8091
    is_kueue_read: bool = False
    is_ray_used: bool = False


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings that the environment holds.

    Raises:
        SettingsError: a variable is missing or unusable; the message names it.
    """
    return Settings(
        trainer_image=_required(environ, "TIDEWHEEL_TRAINER_IMAGE", "an image"),
        server_image=_required(environ, "TIDEWHEEL_SERVER_IMAGE", "an image"),
        image_pull_policy=environ.get("TIDEWHEEL_IMAGE_PULL_POLICY", "IfNotPresent"),
        watch_namespaces=_names(environ, "TIDEWHEEL_WATCH_NAMESPACES"),
        alert_tokens_file=environ.get("TIDEWHEEL_ALERT_TOKENS_FILE") or None,
        http_port=_port(environ, "TIDEWHEEL_HTTP_PORT", 8080),
        alert_port=_port(environ, "TIDEWHEEL_ALERT_PORT", 8090),
        workers=_count(environ, "TIDEWHEEL_WORKERS", 16, 256),
        pod_name=_required(environ, "TIDEWHEEL_POD_NAME", "this replica"),
        pod_namespace=_required(environ, "TIDEWHEEL_POD_NAMESPACE", "the Lease's namespace"),
        lease_name=environ.get("TIDEWHEEL_LEASE_NAME") or "tidewheel-operator",
        writes_per_second=_count(environ, "TIDEWHEEL_WRITES_PER_SECOND", 400, 10_000),
        write_burst=_count(environ, "TIDEWHEEL_WRITE_BURST", 800, 100_000),
        verify_seconds=_count(environ, "TIDEWHEEL_VERIFY_SECONDS", 600, 3600),
        egress=Egress(
            allow=_names(environ, "TIDEWHEEL_EGRESS_ALLOW"),
            cluster_ranges=_ranges(environ, "TIDEWHEEL_EGRESS_CLUSTER_RANGES")
            or USUAL_EGRESS.cluster_ranges,
        ),
        report_url=_service_url(environ, "TIDEWHEEL_REPORT_URL"),
        report_port=_port(environ, "TIDEWHEEL_REPORT_PORT", 8091),
        is_kueue_read=_switch(environ, "TIDEWHEEL_KUEUE"),
        is_ray_used=_switch(environ, "TIDEWHEEL_RAY_JOBS"),
    )


def _service_url(environ: Mapping[str, str], name: str) -> str | None:
    """Return where pods reach a port of ours; they take nothing but a host and a port from it."""
    text = environ.get(name) or None
    if (
        text is not None
        and re.fullmatch(r"http://[a-z0-9]([-.a-z0-9]*[a-z0-9])?:\d{1,5}", text) is None
    ):
        raise SettingsError(
            f"{name} must be 'http://', the host of a Service, ':' and a port, such as "
            f"'http://tidewheel.tidewheel-system.svc:8091', not '{text}'"
        )
    return text


def _names(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _ranges(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    ranges = _names(environ, name)
    for text in ranges:
        try:
            ip_network(text)
        except ValueError as error:
            raise SettingsError(
                f"{name} must be address ranges such as '10.96.0.0/12', with commas between them; "
                f"{error}"
            ) from error
    return ranges


def _required(environ: Mapping[str, str], name: str, what: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} must name {what}")
    return value


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name) or "false"
    if text not in ("true", "false"):
        raise SettingsError(f"{name} must be true or false, not '{text}'")
    return text == "true"


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    return _number(environ, name, default, 65535, "a port number")


def _count(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    return _number(environ, name, default, most, "a whole number")


def _number(environ: Mapping[str, str], name: str, default: int, most: int, what: str) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise SettingsError(f"{name} must be {what} from 1 to {most}, not '{text}'")
    return int(text)
