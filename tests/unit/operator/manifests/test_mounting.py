"""A volume reaches the pod, its container and the program, and the Job that was given stays."""

import copy

from tests.builders import make_run
from tests.unit.operator.observations import train_job

from tidewheel_operator.manifests.mounting import mounted

VOLUME = {"name": "book", "emptyDir": {}}


def test_a_program_is_told_of_a_volume() -> None:
    job = train_job(make_run())
    as_given = copy.deepcopy(job)

    found = mounted(job, VOLUME, "/etc/book", "BOOK", "/etc/book/page")

    expected = copy.deepcopy(as_given)
    pod = expected["spec"]["template"]["spec"]
    pod["volumes"].append(VOLUME)
    [container] = pod["containers"]
    container["env"].append({"name": "BOOK", "value": "/etc/book/page"})
    container["volumeMounts"].append({"name": "book", "mountPath": "/etc/book", "readOnly": True})
    assert (found, job) == (expected, as_given)
