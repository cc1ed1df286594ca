"""Collecting garbage looks at what a module's tests made, and not at all that was there before them.

Who waits until a server holds no connection any more collects what was dropped. In a process that has run other
tests, that is to look through hundreds of thousands of objects for a few, and takes longer than the test.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def collect_what_is_new() -> Iterator[None]:
    """Set aside what is there; where it is imported, for the tests of that module or folder."""
    gc.freeze()
    yield
    gc.unfreeze()
