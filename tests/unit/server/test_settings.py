"""Flags win over the environment, the environment over defaults."""

from pathlib import Path

import pytest

from tidewheel_server.http.certificate import CertificateFiles
from tidewheel_server.settings import Settings, settings_from


def test_defaults_are_those_of_a_pod() -> None:
    assert settings_from([], {}) == Settings(
        request_path=Path("/etc/tidewheel/request.json"),
        termination_path=Path("/dev/termination-log"),
        host="0.0.0.0",  # noqa: S104  the default under test
        port=8080,
        grpc_port=8081,
        tls=None,
        body_limit_bytes=16 * 1024 * 1024,
        rows_limit=100_000,
        in_flight_limit=64,
        held_limit_bytes=128 * 1024 * 1024,
        connection_limit=10_000,
        idle_seconds=75,
        head_seconds=10,
        receive_seconds=30,
        drain_seconds=5,
        exit_seconds=20,
        store_patience_seconds=120,
    )


def test_flag_wins_over_environment() -> None:
    environment = {"TIDEWHEEL_DRAIN_SECONDS": "7", "TIDEWHEEL_BODY_LIMIT_BYTES": "1024"}

    settings = settings_from(["--drain-seconds", "1.5", "--port", "0"], environment)

    assert (settings.drain_seconds, settings.body_limit_bytes, settings.port) == (1.5, 1024, 0)


@pytest.mark.parametrize(("text", "port"), [("off", None), ("0", 0), ("9000", 9000)])
def test_grpc_has_a_port_or_is_off(text: str, port: int | None) -> None:
    assert settings_from([], {"TIDEWHEEL_GRPC_PORT": text}).grpc_port == port
    assert settings_from(["--grpc-port", text], {}).grpc_port == port


def test_tls_has_a_certificate_and_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    files = CertificateFiles(Path("/tls/tls.crt"), Path("/tls/tls.key"))
    variables = {"TIDEWHEEL_TLS_CERTIFICATE": "/tls/tls.crt", "TIDEWHEEL_TLS_KEY": "/tls/tls.key"}
    flags = ["--tls-certificate", "/tls/tls.crt", "--tls-key", "/tls/tls.key"]

    assert settings_from([], variables).tls == settings_from(flags, {}).tls == files
    with pytest.raises(SystemExit):
        settings_from(flags[:2], {})
    assert "--tls-certificate and --tls-key belong together" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["on", "-1", "65536", ""])
def test_wrong_port_of_grpc_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_from([], {"TIDEWHEEL_GRPC_PORT": text})

    assert f"argument --grpc-port: '{text}' is no port number, and not 'off'" in (
        capsys.readouterr().err
    )


def test_wrong_variable_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_from([], {"TIDEWHEEL_DRAIN_SECONDS": "soon"})

    assert "argument --drain-seconds: invalid float value: 'soon'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "environment", "engine"),
    [
        pytest.param([], {}, None, id="the fastest by default"),
        pytest.param(["--engine", "auto"], {"TIDEWHEEL_ENGINE": "sklearn"}, None, id="any again"),
        pytest.param([], {"TIDEWHEEL_ENGINE": "sklearn"}, "sklearn", id="one by a variable"),
    ],
)
def test_engine_is_any_or_one(
    flags: list[str], environment: dict[str, str], engine: str | None
) -> None:
    assert settings_from(flags, environment).engine == engine


def test_unknown_engine_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_from([], {"TIDEWHEEL_ENGINE": "fast"})

    assert (
        "argument --engine: 'fast' is no engine; take auto, native, sklearn"
        in capsys.readouterr().err
    )
