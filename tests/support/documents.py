"""The documents of this project: the README, CONTRIBUTING.md and the pages of the documentation site."""

from __future__ import annotations

import re

from tests.support.markdown import CodeBlock, read_blocks
from tests.support.paths import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "docs").rglob("*.md")
    if "_build" not in path.parts
)
"""The pages of the documentation site."""

REPOSITORY = "https://github.com/chatroutes/chatroutes-python-sdk/blob/main/"
"""The URL of the files of this checkout. The pages of the site link to files outside of `docs` with it."""

DOCUMENTS = ["README.md", "CONTRIBUTING.md", *PAGES]


def read_document(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def read_section(name: str, heading: str) -> str:
    """Return the text of a section of the second level, without its heading."""
    return read_document(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]


def read_document_blocks(name: str) -> list[CodeBlock]:
    return read_blocks(read_document(name))


def matches_output(expected: str, output: str) -> bool:
    """Return whether an output is as a document shows it, with any text in place of `…`."""
    pattern = ".*".join(map(re.escape, expected.rstrip("\n").split("…")))
    return re.fullmatch(pattern, output.rstrip("\n"), re.DOTALL) is not None


def read_example_tests() -> list[CodeBlock]:
    """Return the blocks that are files of tests, for the pytest plugin."""
    blocks = [block for name in DOCUMENTS for block in read_document_blocks(name)]
    return [block for block in blocks if block.kind == "example: test"]
