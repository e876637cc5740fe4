"""The shell of ModelAlias."""

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec, ModelAliasStatus
from tidewheel_operator.policies import model_alias as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import MODEL_ALIASES

__all__ = ["RECONCILER"]


async def _decide(world: World, alias: policy.Alias) -> Decision[ModelAliasStatus]:
    namespace, model = alias.metadata.namespace, alias.spec.model_name
    await observe.confirm_versions(world, namespace, model, [alias.spec.number])
    versions = observe.versions_of(world, namespace, model)
    view = policy.ModelAliasView(alias, tuple(version.number for version in versions))
    return policy.decide(view, world.clock())


RECONCILER = Reconciler(MODEL_ALIASES, ModelAliasSpec, ModelAliasStatus, _decide)
