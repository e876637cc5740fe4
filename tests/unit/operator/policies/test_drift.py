"""Whether an applied child must be applied again."""

import copy
from collections.abc import Callable

import pytest
from tests.builders import Object, stored

from tidewheel_contracts import labels
from tidewheel_operator.manifests.serving_deployment import ServingOwner
from tidewheel_operator.manifests.serving_service import stable_service
from tidewheel_operator.policies.drift import differs

OWNER = ServingOwner("flight-delay", "ml", "uid-1")
WANTED = stable_service(OWNER, 1)


def live() -> Object:
    """Return the Service as the API server stores it: with fields of its own."""
    item = stored(WANTED)
    item["spec"] |= {"clusterIP": "10.0.0.1", "type": "ClusterIP"}
    item["spec"]["ports"][0]["nodePort"] = 30080
    item["metadata"]["labels"]["team"] = "theirs"
    return item


def _strip(item: Object, *keys: str) -> None:
    for key in keys[:-1]:
        item = item[key]
    del item[keys[-1]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: None, id="nothing but the server's and other people's fields"),
        pytest.param(
            lambda item: item["metadata"]["annotations"].update(note="theirs"),
            id="somebody's annotation",
        ),
        pytest.param(lambda item: item.update(status={"loadBalancer": {}}), id="a status"),
    ],
)
def test_child_is_as_wanted_though_it_has(change: Callable[[Object], None]) -> None:
    item = live()
    change(item)

    assert differs(WANTED, item) is False


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda item: item["spec"]["selector"].update({labels.VERSION: "2"}),
            id="a value of ours was changed",
        ),
        pytest.param(
            lambda item: item["spec"]["ports"].append({"name": "theirs", "port": 1}),
            id="a list of ours is longer",
        ),
        pytest.param(lambda item: _strip(item, "spec", "ports"), id="a field of ours is gone"),
        pytest.param(
            lambda item: item["spec"].update(selector="text"), id="an object of ours is none now"
        ),
        pytest.param(
            lambda item: _strip(item, "metadata", "labels", labels.MANAGED_BY),
            id="a label of ours is gone",
        ),
        pytest.param(
            lambda item: _strip(item, "metadata", "ownerReferences"), id="the owner is gone"
        ),
        pytest.param(
            lambda item: _strip(item, "metadata", "annotations"), id="all annotations are gone"
        ),
        pytest.param(
            lambda item: item["metadata"]["annotations"].update(
                {labels.MANIFEST_HASH: "sha256:other"}
            ),
            id="it was made of another manifest",
        ),
    ],
)
def test_child_is_applied_again_when(change: Callable[[Object], None]) -> None:
    item = live()
    change(item)

    assert differs(WANTED, item) is True


def test_field_that_a_newer_manifest_has_no_more_is_noticed_by_the_hash() -> None:
    newer = copy.deepcopy(WANTED)
    del newer["spec"]["ports"]
    newer["metadata"]["annotations"][labels.MANIFEST_HASH] = "sha256:newer"

    assert differs(newer, live()) is True
