"""The README, read as the blocks of code that stand in it."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from tests.support.paths import ROOT

README = ROOT / "README.md"


class Block(NamedTuple):
    """A block of code, as it stands in the README."""

    kind: str | None
    """What the comment before it says."""
    language: str
    heading: str
    line: int
    """Where its code begins, counted from 1."""
    code: str

    @property
    def name(self) -> str:
        return f"{self.heading}, line {self.line}"


def blocks_of(text: str) -> list[Block]:
    found: list[Block] = []
    lines = text.splitlines()
    heading, kind, at = "", None, 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("```"):
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == "```")
            code = textwrap.dedent("\n".join(lines[at + 1 : end]) + "\n")
            found.append(Block(kind, line.removeprefix("```"), heading, at + 2, code))
            at = end
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        comment = re.fullmatch(r"<!-- (.+?) -->", line)
        if comment or line:
            kind = comment[1] if comment else None
        at += 1
    return found


BLOCKS = blocks_of(README.read_text("utf-8"))

QUICK_START = next(
    block.code for block in BLOCKS if (block.heading, block.language) == ("Quick start", "python")
)
QUICK_START_KEY = "your-api-key"
QUICK_START_REPLY = 'You wrote: "Hello, how are you?"'
"""What the local server's model says to it, among other things."""
