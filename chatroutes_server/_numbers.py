"""Checks of numbers that programs pass."""

from __future__ import annotations

import sys
from typing import Final

MAX_FINITE: Final = sys.float_info.max


def is_in_range(value: object, low: float, high: float) -> bool:
    """Return whether a value is a number from `low` to `high`, and neither a bool nor NaN."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return low <= value <= high
