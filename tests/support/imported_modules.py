"""The modules that a program imports."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT


def imported_modules(code: str) -> set[str]:
    """Run the code in a new interpreter, and return the names of all imported modules."""
    code += "\nimport sys; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())
