"""Read the code blocks and the links of a Markdown file."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

Location = tuple[str, int]


class CodeBlock(NamedTuple):
    """A code block of a Markdown file."""

    kind: str | None
    """The text of the HTML comment before the block."""
    language: str
    heading: str
    introduction: str
    """The paragraph before the block, as one line."""
    line: int
    """The number of the first line of the code, counted from 1."""
    code: str
    """The code without the indentation of the block."""

    @property
    def name(self) -> str:
        return f"{self.heading}, line {self.line}"


def read_blocks(text: str) -> list[CodeBlock]:
    blocks: list[CodeBlock] = []
    lines = text.splitlines()
    heading, introduction, kind, at = "", "", None, 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("```"):
            indentation = lines[at][: lines[at].index("`")]
            end = next(n for n in range(at + 1, len(lines)) if lines[n].strip() == "```")
            code = "".join(f"{each.removeprefix(indentation)}\n" for each in lines[at + 1 : end])
            language = line.removeprefix("```")
            blocks.append(CodeBlock(kind, language, heading, introduction, at + 2, code))
            at, kind = end, None
        elif comment := re.fullmatch(r"<!-- (.+?) -->", line):
            kind = comment[1]
        elif line:
            kind = None
            continued = at > 0 and lines[at - 1].strip() != ""
            introduction = f"{introduction} {line}" if continued else line
            if line.startswith("#"):
                heading = line.lstrip("# ")
        at += 1
    return blocks


def locate_blocks(text: str) -> dict[Location, CodeBlock]:
    """Return the code blocks by their headings, and the number of blocks between."""
    counts: Counter[str] = Counter()
    blocks: dict[Location, CodeBlock] = {}
    for block in read_blocks(text):
        blocks[block.heading, counts[block.heading]] = block
        counts[block.heading] += 1
    return blocks


def read_links(text: str) -> list[str]:
    """Return the targets of all links."""
    return sorted(set(re.findall(r"\]\(([^)\s]+)\)", _remove_code(text))))


def read_anchors(text: str) -> set[str]:
    """Return the anchors of all headings, as GitHub and MyST generate them."""
    headings = re.findall(r"^#+ (.+)$", _remove_code(text), re.M)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def _remove_code(text: str) -> str:
    return re.sub(r"^ *(```+).*?^ *\1$", "", text, flags=re.DOTALL | re.M)
