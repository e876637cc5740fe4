"""Files that a Job of ours is given, and the variable by which its program finds them."""

from typing import Any

__all__ = ["mounted"]

Object = dict[str, Any]


def mounted(job: Object, volume: Object, folder: str, variable: str, value: str) -> Object:
    """Return a Job of ours whose program reads a volume.

    Args:
        job: as `program_job` makes it; it stays as it is.
        volume: the volume with its name.
        folder: where the container sees it, read-only.
        variable: environment variable that tells the program of it.
        value: what the variable says.
    """
    template = job["spec"]["template"]
    pod = template["spec"]
    [container] = pod["containers"]
    mount = {"name": volume["name"], "mountPath": folder, "readOnly": True}
    told = {
        **container,
        "env": [*container["env"], {"name": variable, "value": value}],
        "volumeMounts": [*container["volumeMounts"], mount],
    }
    pod = {**pod, "containers": [told], "volumes": [*pod["volumes"], volume]}
    return {**job, "spec": {**job["spec"], "template": {**template, "spec": pod}}}
