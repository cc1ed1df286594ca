"""Paths of this checkout."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON_PATH = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
"""PYTHONPATH of a program that uses this checkout."""
CONTRACT = ROOT / "openapi/chatroutes.yaml"
CONTRACT_30 = ROOT / "openapi/chatroutes-3.0.yaml"
