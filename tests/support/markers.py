"""Markers for tests that do not run everywhere.

Tests marked `single_python` cover text that is generated, derived, compared or served, and clients that are not
Python programs. Their result does not depend on the Python version or on the transport of the SDK, and they need
packages of the extra `dev`. scripts/test runs them once, in the environment that has this extra; in the other
environments, and with the transport `fast`, they are skipped.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from tests.support.paths import ROOT

HAS_DEV_EXTRA = find_spec("mypy") is not None
IS_DEFAULT_TRANSPORT = os.environ.get("CHATROUTES_TRANSPORT") != "fast"
SELECTED = HAS_DEV_EXTRA and IS_DEFAULT_TRANSPORT
REASON = "runs on one Python version and one transport, and needs the extra `dev`"

single_python = pytest.mark.skipif(not SELECTED, reason=REASON)

requires_redocly = pytest.mark.skipif(
    not (ROOT / "node_modules/@redocly/cli").is_dir(),
    reason="redocly is not installed; scripts/check installs it where node is available",
)
