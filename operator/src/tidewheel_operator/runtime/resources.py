"""The kinds of objects that the operator watches, and the URLs that they live at."""

from dataclasses import dataclass

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1 import KINDS

__all__ = [
    "ARTIFACT_STORES",
    "CHILD_SELECTOR",
    "DATASETS",
    "DEPLOYMENTS",
    "EVENTS",
    "JOBS",
    "LEASES",
    "MODEL_ALIASES",
    "MODEL_APPROVALS",
    "MODEL_DEPLOYMENTS",
    "MODEL_PIPELINES",
    "MODEL_VERSIONS",
    "OWN_RESOURCES",
    "PODS",
    "RAY_JOBS",
    "RESOURCES",
    "SERVICES",
    "TRAINING_RUNS",
    "WORKLOADS",
    "Resource",
    "resource_of",
]

# Children are recognised by their controller's uid; the label only spares us everybody else's.
CHILD_SELECTOR = f"{labels.MANAGED_BY}={labels.MANAGER}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One namespaced kind of object, as the API server serves it."""

    group: str
    version: str
    plural: str
    kind: str
    selector: str = ""

    @property
    def api_version(self) -> str:
        """Return group and version as objects name them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None, subresource: str = "") -> str:
        """Return the URL path of the collection or of one object."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        path = (
            f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"
        )
        if name:
            path = f"{path}/{name}"
        return f"{path}/{subresource}" if subresource else path


OWN_RESOURCES = tuple(Resource(GROUP, VERSION, kind.plural, kind.name) for kind in KINDS)
(
    ARTIFACT_STORES,
    DATASETS,
    TRAINING_RUNS,
    MODEL_VERSIONS,
    MODEL_APPROVALS,
    MODEL_ALIASES,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
) = OWN_RESOURCES

JOBS = Resource("batch", "v1", "jobs", "Job", CHILD_SELECTOR)
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", CHILD_SELECTOR)
SERVICES = Resource("", "v1", "services", "Service", CHILD_SELECTOR)
PODS = Resource("", "v1", "pods", "Pod", CHILD_SELECTOR)
EVENTS = Resource("", "v1", "events", "Event")
# Kueue's, watched only where it is installed and the operator may read it.
WORKLOADS = Resource("kueue.x-k8s.io", "v1beta2", "workloads", "Workload")
# KubeRay's, made and watched only where it is installed and the operator may do so.
RAY_JOBS = Resource("ray.io", "v1", "rayjobs", "RayJob", CHILD_SELECTOR)
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")

RESOURCES = (*OWN_RESOURCES, JOBS, DEPLOYMENTS, SERVICES, PODS)

_BY_KIND = {(resource.api_version, resource.kind): resource for resource in (*RESOURCES, RAY_JOBS)}


def resource_of(manifest: dict[str, object]) -> Resource:
    """Return the resource that a manifest is of.

    Raises:
        KeyError: the operator neither watches nor makes that kind.
    """
    return _BY_KIND[(str(manifest["apiVersion"]), str(manifest["kind"]))]
