"""Step e: all objects, where the serving version came from, and how to go on."""

from __future__ import annotations

from rich import table

from tidewheel_contracts.api.kind import GROUP
from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_dev.demo import screen
from tidewheel_dev.demo.context import MODEL, OPERATOR_NAMESPACE, Demo
from tidewheel_dev.demo.endpoint import PORT
from tidewheel_dev.demo.expectation import expect
from tidewheel_dev.demo.state import State
from tidewheel_dev.demo.watch import current

__all__ = ["how_to_go_on", "lineage", "run"]


def run(demo: Demo) -> State:
    """Print the last page and return what it was made of."""
    screen.heading("e  What there is now")
    kinds = ",".join(f"{kind.plural}.{GROUP}" for kind in KINDS)
    for line in demo.site.kubectl.run("get", kinds, f"--namespace={demo.namespace}").splitlines():
        screen.say(line)
    state = current(demo)
    _show_lineage(_serving(state))
    screen.heading("How to go on")
    for line in how_to_go_on(demo):
        screen.say(line)
    return state


def lineage(version: ModelVersionSpec) -> list[tuple[str, str]]:
    """Return where a version came from, as names and values."""
    metrics = ", ".join(f"{m.name} ({m.fit}) {m.value}" for m in version.metrics)
    return [
        ("version", f"{version.model_name} {version.number}"),
        ("artifact", version.artifact.digest),
        ("run", f"{version.run.name} ({version.run.uid})"),
        ("cause", str(version.cause)),
        ("verdict of the gate", str(version.verdict)),
        ("candidate", version.candidate),
        ("snapshot", version.snapshot_digest),
        ("labelled rows", f"{version.training_rows:,}"),
        ("trained through", version.trained_through or "unknown"),
        ("metrics", metrics or "none"),
        ("trainer image", version.images.trainer or "unknown"),
        ("git revision", version.git_revision or "unknown"),
    ]


def how_to_go_on(demo: Demo) -> list[str]:
    """Return commands to try next, and those that clean up."""
    site = demo.site
    return [
        f"export KUBECONFIG={site.kubeconfig}",
        f"alias kubectl={site.kubectl.program} helm={site.helm}",
        "",
        f"kubectl get tidewheel -n {demo.namespace} --watch",
        f"kubectl describe mpipe {MODEL} -n {demo.namespace}",
        f"kubectl create -n {demo.namespace} -f examples/flights/worse-run.yaml   # gets refused",
        *_ways_to_ask(demo),
        "",
        f"kubectl delete namespace {demo.namespace}            # the demo's objects",
        f"helm uninstall tidewheel -n {OPERATOR_NAMESPACE}   # the operator; its kinds stay",
        "make cluster-down                        # the cluster",
    ]


def _ways_to_ask(demo: Demo) -> list[str]:
    path = f"/v2/models/{MODEL}"
    if demo.site.reach.outlives_demo:
        return [f"curl {demo.site.reach.url(demo.namespace, MODEL, PORT)}{path}"]
    forward = f"kubectl port-forward -n {demo.namespace} service/{MODEL} 8000:{PORT} &"
    return [forward, f"curl http://127.0.0.1:8000{path}"]


def _serving(state: State) -> ModelVersionSpec:
    deployment = state.deployment(MODEL)
    champion = deployment.status.champion if deployment is not None else None
    expect(champion is not None, "a version serves at the end", None)
    number = champion.number if champion is not None else 0
    found = [item.spec for item in state.versions if item.spec.number == number]
    expect(len(found) == 1, f"version {number} is registered once", len(found))
    return found[0]


def _show_lineage(version: ModelVersionSpec) -> None:
    shown = table.Table(title="where the serving version came from", title_justify="left")
    shown.add_column("what", no_wrap=True)
    shown.add_column("value", overflow="fold")
    for name, value in lineage(version):
        shown.add_row(name, value)
    screen.show(shown)
