"""The tree as a graph of Graphviz."""

from __future__ import annotations

from .._safe_text import label
from ._outline import Outline

MAX_LABEL = 60


def render_dot(outline: Outline) -> str:
    """Return a directed graph with a node for each message."""
    lines = [
        "digraph conversation {",
        '  node [shape=box, style="rounded", fontname="sans-serif", fontsize=11];',
        f"  m0 [label={_quote(outline.describe())}, shape=plaintext];",
    ]
    for index, message in enumerate(outline.messages):
        if message.parent is None:
            continue
        branch = label(message.branch, MAX_LABEL)
        head = label(message.role, MAX_LABEL) + (f" · {branch}" if branch else "")
        style = ', style="rounded,bold"' if branch else ""
        content = outline.preview(index, MAX_LABEL)
        lines.append(f"  m{index} [label={_quote(head)[:-1]}\\n{_quote(content)[1:]}{style}];")
        lines.append(f"  m{message.parent} -> m{index};")
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    """Return a quoted string. Graphviz expands entities and sequences such as `\\N` in labels."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{escaped}"'
