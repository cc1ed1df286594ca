"""A fixture that keeps garbage collection fast in a process that runs many tests.

Tests that wait until a server has no open connection call gc.collect(). After thousands of tests, a collection
inspects hundreds of thousands of objects and takes longer than the test. The fixture excludes all objects that
existed before the module or folder that imports it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def freeze_existing_objects() -> Iterator[None]:
    """Exclude the existing objects from garbage collection while the tests of the module run."""
    gc.freeze()
    yield
    gc.unfreeze()
