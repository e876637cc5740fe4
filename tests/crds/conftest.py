"""One namespace for each file of tests: nearly all of them store nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest


@pytest.fixture(scope="module")
def shared_namespace(
    crds: None, new_namespace: Callable[[], AbstractContextManager[str]]
) -> Iterator[str]:
    """Return a namespace that the tests of one file share, with our kinds installed."""
    with new_namespace() as name:
        yield name
