"""The tree as text, one line for each message."""

from __future__ import annotations

from .._safe_text import columns, isolate, label
from ._outline import Outline

MAX_ROLE = 10
MIN_CONTENT = 12


DIM, BRANCH, USER = "2", "1;35", "36"
"""Parameters of the escape sequences for colors."""


def render_text(outline: Outline, width: int, color: bool) -> str:
    """Return a line for the root and one for each message, indented where branches start."""
    size = f" ({outline.size()})"
    title = outline.title(width - len(size))
    lines = [_style(isolate(title), "1", color) + size]
    stack = _children(outline, 0, "", 0)
    while stack:
        index, indent, connector, depth = stack.pop()
        start = _shown_indent(indent, depth, width) + connector
        message = _message(outline, index, width - columns(start), color)
        lines.append(_style(start, DIM, color) + message)
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


def _message(outline: Outline, index: int, width: int, color: bool) -> str:
    message = outline.messages[index]
    role = f"{isolate(label(message.role, MAX_ROLE)) or 'message'}: "
    branch = ""
    room = min(width // 3, width - columns(role) - MIN_CONTENT - 3)
    if message.branch and room > 1:
        branch = f"[{isolate(label(message.branch, room))}] "
    content = outline.preview(index, width - columns(branch) - columns(role))
    role = _style(role, USER if message.role == "user" else DIM, color)
    return f"{_style(branch, BRANCH, color)}{role}{isolate(content)}".rstrip()


def _style(text: str, parameters: str, color: bool) -> str:
    return f"\x1b[{parameters}m{text}\x1b[0m" if color and text else text
