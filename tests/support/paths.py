"""Paths of this checkout."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON_PATH = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
"""PYTHONPATH of a program that uses this checkout."""
CONTRACT = ROOT / "openapi/chatroutes.yaml"
CONTRACT_30 = ROOT / "openapi/chatroutes-3.0.yaml"


def short_temporary_folder() -> str:
    """Return the folder for temporary files, or /tmp if it is too long for the path of a socket, of 107 bytes at most."""
    folder = tempfile.gettempdir()
    return "/tmp" if len(os.fsencode(folder)) > 60 else folder
