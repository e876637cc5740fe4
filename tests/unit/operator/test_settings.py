"""All configuration comes from the environment, and what is wrong with it is named."""

import json
import logging

import pytest

from tidewheel_operator.logs import set_up_logs
from tidewheel_operator.manifests.egress import Egress
from tidewheel_operator.settings import Settings, SettingsError, settings_from

REQUIRED = {
    "TIDEWHEEL_TRAINER_IMAGE": "trainer:1",
    "TIDEWHEEL_SERVER_IMAGE": "server:1",
    "TIDEWHEEL_POD_NAME": "operator-1",
    "TIDEWHEEL_POD_NAMESPACE": "system",
}
PLAIN = {
    "trainer_image": "trainer:1",
    "server_image": "server:1",
    "pod_name": "operator-1",
    "pod_namespace": "system",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, {}, id="only what is required"),
        pytest.param(
            {"TIDEWHEEL_WATCH_NAMESPACES": " a, b ,,"},
            {"watch_namespaces": ("a", "b")},
            id="namespaces",
        ),
        pytest.param(
            {
                "TIDEWHEEL_IMAGE_PULL_POLICY": "Never",
                "TIDEWHEEL_ALERT_TOKENS_FILE": "/tokens.json",
                "TIDEWHEEL_HTTP_PORT": "1",
                "TIDEWHEEL_ALERT_PORT": "65535",
                "TIDEWHEEL_LEASE_NAME": "another",
                "TIDEWHEEL_WORKERS": "4",
                "TIDEWHEEL_WRITES_PER_SECOND": "20",
                "TIDEWHEEL_WRITE_BURST": "30",
                "TIDEWHEEL_VERIFY_SECONDS": "5",
                "TIDEWHEEL_REPORT_URL": "http://tidewheel.system.svc:8091",
                "TIDEWHEEL_REPORT_PORT": "9",
            },
            {
                "image_pull_policy": "Never",
                "alert_tokens_file": "/tokens.json",
                "http_port": 1,
                "alert_port": 65535,
                "lease_name": "another",
                "workers": 4,
                "writes_per_second": 20,
                "write_burst": 30,
                "verify_seconds": 5,
                "report_url": "http://tidewheel.system.svc:8091",
                "report_port": 9,
            },
            id="everything else",
        ),
        pytest.param(
            {
                "TIDEWHEEL_EGRESS_ALLOW": "db.data.svc:5432, *.example.com",
                "TIDEWHEEL_EGRESS_CLUSTER_RANGES": "172.20.0.0/16,fd00::/108",
            },
            {
                "egress": Egress(
                    allow=("db.data.svc:5432", "*.example.com"),
                    cluster_ranges=("172.20.0.0/16", "fd00::/108"),
                )
            },
            id="egress",
        ),
        pytest.param(
            {"TIDEWHEEL_EGRESS_ALLOW": "", "TIDEWHEEL_EGRESS_CLUSTER_RANGES": ""},
            {"egress": Egress((), ("10.96.0.0/12", "10.244.0.0/16"))},
            id="the cluster's ranges are never none",
        ),
        pytest.param({"TIDEWHEEL_KUEUE": "true"}, {"is_kueue_read": True}, id="Kueue is read"),
        pytest.param({"TIDEWHEEL_RAY_JOBS": "true"}, {"is_ray_used": True}, id="Ray is used"),
        pytest.param({"TIDEWHEEL_KUEUE": "false"}, {}, id="Kueue is not read"),
        pytest.param(
            {
                "TIDEWHEEL_ALERT_TOKENS_FILE": "",
                "TIDEWHEEL_LEASE_NAME": "",
                "TIDEWHEEL_WORKERS": "",
            },
            {},
            id="empty is as good as absent",
        ),
    ],
)
def test_settings(environ: dict[str, str], expected: dict[str, object]) -> None:
    assert settings_from({**REQUIRED, **environ}) == Settings(**{**PLAIN, **expected})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param(
            {"TIDEWHEEL_KUEUE": "yes"},
            "TIDEWHEEL_KUEUE must be true or false, not 'yes'",
            id="a switch that is a word",
        ),
        pytest.param(
            {"TIDEWHEEL_TRAINER_IMAGE": ""},
            "TIDEWHEEL_TRAINER_IMAGE must name an image",
            id="no image",
        ),
        pytest.param(
            {"TIDEWHEEL_POD_NAME": ""},
            "TIDEWHEEL_POD_NAME must name this replica",
            id="no replica",
        ),
        pytest.param(
            {"TIDEWHEEL_POD_NAMESPACE": ""},
            "TIDEWHEEL_POD_NAMESPACE must name the Lease's namespace",
            id="no namespace of the Lease",
        ),
        pytest.param(
            {"TIDEWHEEL_EGRESS_CLUSTER_RANGES": "10.96.0.0/12,cluster"},
            "TIDEWHEEL_EGRESS_CLUSTER_RANGES must be address ranges such as '10.96.0.0/12', with "
            "commas between them; 'cluster' does not appear to be an IPv4 or IPv6 network",
            id="a range that is none",
        ),
        pytest.param(
            {"TIDEWHEEL_EGRESS_CLUSTER_RANGES": "10.96.0.1/12"},
            "TIDEWHEEL_EGRESS_CLUSTER_RANGES must be address ranges such as '10.96.0.0/12', with "
            "commas between them; 10.96.0.1/12 has host bits set",
            id="an address inside a range",
        ),
        *(
            pytest.param(
                {name: text},
                f"{name} must be a whole number from 1 to {most}, not '{text}'",
                id=f"{name}={text}",
            )
            for name, text, most in (
                ("TIDEWHEEL_WORKERS", "0", 256),
                ("TIDEWHEEL_WRITES_PER_SECOND", "10001", 10_000),
                ("TIDEWHEEL_WRITE_BURST", "1.5", 100_000),
                ("TIDEWHEEL_VERIFY_SECONDS", "10m", 3600),
            )
        ),
        *(
            pytest.param(
                {"TIDEWHEEL_HTTP_PORT": text},
                f"TIDEWHEEL_HTTP_PORT must be a port number from 1 to 65535, not '{text}'",
                id=f"the port {text!r}",
            )
            for text in ("0", "65536", "http", "-1", "²", "8080 ")
        ),
        *(
            pytest.param(
                {"TIDEWHEEL_REPORT_URL": text},
                "TIDEWHEEL_REPORT_URL must be 'http://', the host of a Service, ':' and a port, "
                f"such as 'http://tidewheel.tidewheel-system.svc:8091', not '{text}'",
                id=f"the URL {text!r}",
            )
            for text in ("tidewheel:8091", "http://tidewheel", "http://a:1/path", "https://a:1")
        ),
    ],
)
def test_unusable_setting_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from({**REQUIRED, **environ})

    assert str(caught.value) == message


def test_missing_image_is_named() -> None:
    with pytest.raises(SettingsError, match="TIDEWHEEL_SERVER_IMAGE must name an image"):
        settings_from({"TIDEWHEEL_TRAINER_IMAGE": "trainer:1"})


@pytest.fixture
def root_logger() -> object:
    """Give the loggers back as they were."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    levels = {name: logging.getLogger(name).level for name in ("", "kopf", "aiohttp.access")}
    yield root
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("root_logger")
def test_log_line_is_one_json_object_whatever_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()

    logging.getLogger("tidewheel_operator.x").warning("%s", "line\nbreak \x1b[31m \u202e é")

    [line] = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "WARNING",
        "logger": "tidewheel_operator.x",
        "message": "line\nbreak \x1b[31m \u202e é",
    }


@pytest.mark.usefixtures("root_logger")
def test_log_of_an_exception_has_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()

    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("x").exception("failed")

    entry = json.loads(capsys.readouterr().out)
    assert entry["message"] == "failed"
    assert entry["traceback"].endswith("ValueError: broken")
