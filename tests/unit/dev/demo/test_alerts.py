"""The payload is what the operator's webhook reads, and names the pipeline."""

from tidewheel_dev.demo import alerts
from tidewheel_operator.web.alert_payload import AlertPayload


def test_payload_is_version_4_with_one_firing_alert() -> None:
    written = alerts.payload(starts_at="2013-05-01T00:00:00Z", fingerprint="5ca1ab1e00000001")
    read = AlertPayload.model_validate(written)
    [alert] = read.alerts
    assert (read.version, read.truncatedAlerts) == ("4", 0)
    assert (alert.status, alert.fingerprint) == ("firing", "5ca1ab1e00000001")
    assert alert.startsAt == "2013-05-01T00:00:00Z"
    assert alert.labels["pipeline"] == "flight-delay"


def test_two_alerts_of_one_group_differ_in_what_identifies_them_only() -> None:
    first = alerts.payload(starts_at="2013-05-01T00:00:00Z", fingerprint="5ca1ab1e00000001")
    second = alerts.payload(starts_at="2013-05-01T01:00:00Z", fingerprint="5ca1ab1e00000002")
    assert first["groupKey"] == second["groupKey"]
    [one], [other] = first.pop("alerts"), second.pop("alerts")
    assert first == second
    assert {key for key in one if one[key] != other[key]} == {"startsAt", "fingerprint"}
