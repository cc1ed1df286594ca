"""Message texts that are hard to store and to transfer unchanged."""

from __future__ import annotations

UNUSUAL_TEXTS = [
    "  leading and trailing  ",
    "lines\nand\r\n\ttabs\u2028and\u0085separators",
    "👩‍👩‍👧‍👦 e\u0301 日本語 \U0001f600",
    "a nul \x00 inside",
    'quotes "and" \\ backslashes',
    " ",
    "word " * 200_000,
    "x" * 1_000_000,
]
