"""The tree as an SVG image: one column for each leaf, one row for each level."""

from __future__ import annotations

from html import escape

from .._safe_text import label
from ._outline import Outline

COLUMNS = 32
"""Columns of the text in a box, in a monospaced font."""

MAX_TOOLTIP = 400

BOX_WIDTH, BOX_HEIGHT = 256, 48
GAP_X, GAP_Y = 24, 28
MARGIN = 16

STYLE = """
svg { background: #fff; color-scheme: light dark }
rect { fill: #f6f8fa; stroke: #8c959f }
rect.user { fill: #ddf4ff; stroke: #0969da }
rect.branch { stroke-width: 2.5 }
path { fill: none; stroke: #8c959f; stroke-width: 1.5 }
text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; fill: #1f2328; unicode-bidi: plaintext }
text.role { fill: #57606a; font-size: 11px }
text.title { font-size: 14px; font-weight: bold }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 }
  rect { fill: #161b22; stroke: #6e7681 }
  rect.user { fill: #0c2d6b; stroke: #58a6ff }
  path { stroke: #6e7681 }
  text { fill: #e6edf3 }
  text.role { fill: #9da7b3 }
}
""".strip()


def render_svg(outline: Outline) -> str:
    """Return an image in which each message is a box below the message that it follows."""
    places = _places(outline)
    width = 2 * MARGIN + (max(x for x, _ in places) + 1) * (BOX_WIDTH + GAP_X) - GAP_X
    height = 2 * MARGIN + max(y for _, y in places) * (BOX_HEIGHT + GAP_Y) + BOX_HEIGHT
    title = escape(outline.describe())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
    ]
    for (x, y), message in zip(places, outline.messages, strict=True):
        if message.parent is not None:
            parts.append(_edge(places[message.parent], (x, y)))
    for index, (x, y) in enumerate(places):
        left, top = _corner(x, y)
        if index:
            parts.append(_box(outline, index, left, top))
        else:
            parts.append(f'<text class="title" x="{left}" y="{top + 32}">{title}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _places(outline: Outline) -> list[tuple[int, int]]:
    """Return the column and the row of each message. The first child is below its parent."""
    places: list[tuple[int, int]] = []
    leaves = 0
    for index, message in enumerate(outline.messages):
        if message.parent is None:
            places.append((0, 0))
            continue
        x, y = places[message.parent]
        if outline.messages[message.parent].children[0] != index:
            leaves += 1
            x = leaves
        places.append((x, y + 1))
    return places


def _corner(x: int, y: int) -> tuple[int, int]:
    return MARGIN + x * (BOX_WIDTH + GAP_X), MARGIN + y * (BOX_HEIGHT + GAP_Y)


def _edge(parent: tuple[int, int], child: tuple[int, int]) -> str:
    left, top = _corner(*parent)
    child_left, child_top = _corner(*child)
    x, y, middle = left + 24, top + BOX_HEIGHT, child_top - GAP_Y // 2
    return f'<path d="M{x} {y}V{middle}H{child_left + 24}V{child_top}"/>'


def _box(outline: Outline, index: int, left: int, top: int) -> str:
    message = outline.messages[index]
    head = f"{message.role} · {message.branch}" if message.branch else message.role
    names = ["user"] * (message.role == "user") + ["branch"] * bool(message.branch)
    css_class = f' class="{" ".join(names)}"' if names else ""
    return (
        f"<g><title>{escape(label(message.content, MAX_TOOLTIP))}</title>"
        f'<rect{css_class} x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<text class="role" x="{left + 10}" y="{top + 18}">{escape(label(head, COLUMNS))}</text>'
        f'<text x="{left + 10}" y="{top + 36}">{escape(outline.preview(index, COLUMNS))}</text></g>'
    )
