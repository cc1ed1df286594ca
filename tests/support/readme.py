"""The code blocks of the README, and its quick start."""

from __future__ import annotations

from tests.support.markdown import read_blocks
from tests.support.paths import ROOT

README = ROOT / "README.md"
BLOCKS = read_blocks(README.read_text("utf-8"))

QUICK_START = next(
    block.code
    for block in BLOCKS
    if (block.heading, block.language) == ("With an API key", "python")
)
QUICK_START_KEY = "your-api-key"
QUICK_START_REPLY = 'You wrote: "Hello, how are you?"'
"""Part of the reply of the local server's model to the message of the quick start."""
