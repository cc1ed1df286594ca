"""Paths of this checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "openapi/chatroutes.yaml"
CONTRACT_30 = ROOT / "openapi/chatroutes-3.0.yaml"
