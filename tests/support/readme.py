"""The code blocks of the README."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from tests.support.paths import ROOT

README = ROOT / "README.md"


class CodeBlock(NamedTuple):
    """A code block of the README."""

    kind: str | None
    """The text of the HTML comment before the block."""
    language: str
    heading: str
    line: int
    """The number of the first line of code, counted from 1."""
    code: str

    @property
    def name(self) -> str:
        return f"{self.heading}, line {self.line}"


def parse_blocks(text: str) -> list[CodeBlock]:
    blocks: list[CodeBlock] = []
    lines = text.splitlines()
    heading, kind, at = "", None, 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("```"):
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == "```")
            code = textwrap.dedent("\n".join(lines[at + 1 : end]) + "\n")
            blocks.append(CodeBlock(kind, line.removeprefix("```"), heading, at + 2, code))
            at = end
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        comment = re.fullmatch(r"<!-- (.+?) -->", line)
        if comment or line:
            kind = comment[1] if comment else None
        at += 1
    return blocks


BLOCKS = parse_blocks(README.read_text("utf-8"))

QUICK_START = next(
    block.code for block in BLOCKS if (block.heading, block.language) == ("Quick start", "python")
)
QUICK_START_KEY = "your-api-key"
QUICK_START_REPLY = 'You wrote: "Hello, how are you?"'
"""A part of the local server's reply to the quick start."""
