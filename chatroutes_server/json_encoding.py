"""Compact JSON, as the server stores and sends it."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dump_json(value: Any) -> str:
    return _ENCODER.encode(value)
