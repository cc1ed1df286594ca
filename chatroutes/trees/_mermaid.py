"""The tree as a flowchart of Mermaid.

By default, Mermaid renders at most 500 edges and 50,000 characters. In a larger tree, consecutive
messages become one node. If there are still too many nodes, those nearest to the root are drawn.
"""

from __future__ import annotations

import re

from .._safe_text import label
from ._outline import Outline

MAX_NODES = 100
MAX_LABEL = 40


def render_mermaid(outline: Outline) -> str:
    """Return a flowchart from top to bottom."""
    fold = len(outline.messages) > MAX_NODES
    lines = ["flowchart TD", f'  m0("{_escape(outline.describe())}")']
    drawn, level = 1, [0]
    while level:
        following: list[int] = []
        for last in level:
            children = outline.messages[last].children
            room = max(0, MAX_NODES - drawn)
            for child in children[:room]:
                end, count = _end_of_run(outline, child) if fold else (child, 1)
                lines.append(f'  m{end}["{_node_label(outline, child, count)}"]')
                lines.append(f"  m{last} --> m{end}")
                following.append(end)
                drawn += 1
            hidden = len(children) - room
            if hidden > 0:
                lines.append(f'  m{last} -.-> more{last}("… {hidden} more")')
        level = following
    return "\n".join(lines) + "\n"


def _end_of_run(outline: Outline, index: int) -> tuple[int, int]:
    """Return the last message of those that follow in a row, and their number."""
    count = 1
    while len(children := outline.messages[index].children) == 1:
        [index] = children
        count += 1
    return index, count


def _node_label(outline: Outline, index: int, count: int) -> str:
    message = outline.messages[index]
    head = label(message.role, 12) or "message"
    if message.branch:
        head += f" · {label(message.branch, 16)}"
    more = f" (+{count - 1} more)" if count > 1 else ""
    return _escape(f"{head}: {outline.preview(index, MAX_LABEL)}{more}")


def _escape(text: str) -> str:
    """Replace punctuation that could be Mermaid, Markdown or HTML by entities of Mermaid."""
    return re.sub(r"""["#$%&'()*+/;<=>@\[\\\]^_`{|}~-]""", lambda found: f"#{ord(found[0])};", text)
