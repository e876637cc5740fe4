"""What a Job gets so that its pods may report, and nothing more."""

from tests.builders import make_run
from tests.unit.operator.observations import as_sent, train_job

from tidewheel_operator.manifests.reporting import reporting

URL = "http://tidewheel.system.svc:8091/reports/ml/by-hand"


def test_job_is_told_where_to_report_and_gets_a_token_for_it_alone() -> None:
    silent = as_sent(train_job(make_run()))

    job = reporting(silent, URL)

    pod, before = job["spec"]["template"]["spec"], silent["spec"]["template"]["spec"]
    [container], [container_before] = pod["containers"], before["containers"]
    assert container == {
        **container_before,
        "env": [*container_before["env"], {"name": "TIDEWHEEL_REPORT_URL", "value": URL}],
        "volumeMounts": [
            *container_before["volumeMounts"],
            {
                "name": "report-token",
                "mountPath": "/var/run/secrets/tidewheel.dev/report",
                "readOnly": True,
            },
        ],
    }
    assert pod == {
        **before,
        "containers": [container],
        "volumes": [
            *before["volumes"],
            {
                "name": "report-token",
                "projected": {
                    "sources": [
                        {
                            "serviceAccountToken": {
                                "audience": "tidewheel.dev/report",
                                "expirationSeconds": 600,
                                "path": "token",
                            }
                        }
                    ]
                },
            },
        ],
    }
    assert pod["automountServiceAccountToken"] is False
    template = {**silent["spec"]["template"], "spec": pod}
    assert job == {**silent, "spec": {**silent["spec"], "template": template}}
