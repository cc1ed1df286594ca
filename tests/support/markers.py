"""Markers for tests that do not run everywhere.

Tests marked `single_python` cover text that is generated, derived, compared or served, and clients that are not
Python programs. Their result does not depend on the Python version, and they need packages of the extra `dev`.
scripts/test runs them once, in the environment that has this extra; in the other environments, they are skipped.
The same applies to the tests marked `check`, which scripts/check runs.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.support.paths import ROOT

HAS_DEV_EXTRA = find_spec("mypy") is not None
REASON = "runs on one Python version, and needs the extra `dev`"

single_python = pytest.mark.skipif(not HAS_DEV_EXTRA, reason=REASON)

requires_redocly = pytest.mark.skipif(
    not (ROOT / "node_modules/@redocly/cli").is_dir(),
    reason="redocly is not installed; scripts/check installs it where node is available",
)
