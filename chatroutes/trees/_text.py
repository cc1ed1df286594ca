"""The tree as text, one line for each message."""

from __future__ import annotations

from ._characters import columns, isolate, label, shorten
from ._outline import Outline

MAX_ROLE = 10
MIN_CONTENT = 12


def render_text(outline: Outline, width: int) -> str:
    """Return a line for the root and one for each message, indented where branches start."""
    lines = [isolate(shorten(outline.describe_size(), width))]
    stack = _children(outline, 0, "", 0)
    while stack:
        index, indent, connector, depth = stack.pop()
        start = _shown_indent(indent, depth, width) + connector
        lines.append(start + _message(outline, index, width - columns(start)))
        below = {"├─ ": "│  ", "└─ ": "   ", "": ""}[connector]
        # Longer indents are not shown.
        stack += _children(outline, index, (indent + below)[-width:], depth + bool(below))
    return "\n".join(lines) + "\n"


def _children(
    outline: Outline, index: int, indent: str, depth: int
) -> list[tuple[int, str, str, int]]:
    """Return the children of a message with their connectors, in reverse order.

    An only child has no connector, so that the messages of a branch have the same indent.
    """
    children = outline.messages[index].children
    if len(children) == 1:
        return [(children[0], indent, "", depth)]
    last = len(children) - 1
    return [
        (child, indent, "└─ " if at == last else "├─ ", depth) for at, child in enumerate(children)
    ][::-1]


def _shown_indent(indent: str, depth: int, width: int) -> str:
    """Return the indent. If it takes more than a third of the line, a number replaces its start."""
    shown = width // 9  # each level takes three columns
    if depth <= shown:
        return indent
    hidden = f"…{depth - shown + 2} "
    return hidden + indent[len(indent) - 3 * (shown - 2) :]


def _message(outline: Outline, index: int, width: int) -> str:
    message = outline.messages[index]
    role = f"{isolate(label(message.role, MAX_ROLE)) or 'message'}: "
    branch = ""
    room = min(width // 3, width - columns(role) - MIN_CONTENT - 3)
    if message.branch and room > 1:
        branch = f"[{isolate(label(message.branch, room))}] "
    content = outline.preview(index, width - columns(branch) - columns(role))
    return f"{branch}{role}{isolate(content)}".rstrip()
