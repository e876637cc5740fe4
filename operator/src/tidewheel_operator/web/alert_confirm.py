"""What an alert is turned away for is looked at once more, on the API server.

An answer with 200 is the last that is heard of an alert, and a cache may be late.
"""

from tidewheel_operator.policies.model_pipeline_view import ModelPipelineView
from tidewheel_operator.reconcile.confirm import knew
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS, MODEL_PIPELINES

__all__ = ["knew_all_pipelines", "knew_what_was_judged"]


async def knew_all_pipelines(world: World, namespace: str) -> bool:
    """Tell whether the cache had every ModelPipeline of a namespace as it is; now it has.

    Raises:
        ApiUnavailableError: the API server did not answer.
    """
    live = await world.api.list_all(MODEL_PIPELINES, namespace)
    news = [world.cache.put(MODEL_PIPELINES, item) for item in live]
    return not any(news)


async def knew_what_was_judged(world: World, view: ModelPipelineView) -> bool:
    """Tell whether the cache had a pipeline and its Dataset as they are; now it has.

    Raises:
        ApiUnavailableError: the API server did not answer, or does not let us read.
    """
    metadata, dataset_name = view.pipeline.metadata, view.pipeline.spec.dataset_name
    knew_pipeline = await knew(world, MODEL_PIPELINES, metadata.namespace, metadata.name)
    knew_dataset = await knew(world, DATASETS, metadata.namespace, dataset_name)
    return knew_pipeline and knew_dataset
