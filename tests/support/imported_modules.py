"""What a program has loaded."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT


def loaded_by(code: str) -> set[str]:
    """The modules that a new interpreter has after this code."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
