"""Tests of what is the same whichever Python runs it, which run on one.

What is rendered, derived, compared or served is text, and who asks a server need not be Python: it shows
nothing new on a second Python, and takes packages that the first has already. They come with the extra `dev`,
so `scripts/test` runs these tests in the maintainer's environment, and skips them in those of the other Pythons.
Nor does it depend on what carries the clients' requests: where they run on the transport `fast`, it is skipped.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

MAINTAINED = find_spec("mypy") is not None and os.environ.get("CHATROUTES_TRANSPORT") != "fast"
REASON = "needs the extra `dev`: scripts/test runs it on one Python, and on one transport"

once = pytest.mark.skipif(not MAINTAINED, reason=REASON)
