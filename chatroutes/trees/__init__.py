"""Pictures of the tree of a conversation, and the difference of two branches.

The formats are text, Mermaid, Graphviz, SVG and an HTML page:

    from chatroutes.trees import render

    tree = client.conversations.get_tree("conv_123")
    print(render(tree))
    Path("tree.html").write_text(render(tree, "html"), encoding="utf-8")

Trees can have any depth and any number of messages. The content of messages is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from ._diff import BranchDiff, diff
from ._outline import Outline

if TYPE_CHECKING:
    from ..types import ConversationTree, TreeNode

__all__ = ["BranchDiff", "TreeFormat", "TreeView", "diff", "render"]

TreeFormat: TypeAlias = Literal["text", "mermaid", "dot", "svg", "html"]
"""The formats of `render`."""

MIN_WIDTH: int = 40


def render(
    tree: ConversationTree | TreeNode,
    format: TreeFormat = "text",
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Return a picture of a tree of messages.

    If several messages follow the same message, or the same question on several branches, and begin
    alike, `…` replaces their common beginning.

    Args:
        tree: The result of `conversations.get_tree`, or one of the nodes in it.
        format: One of these:

            - `text`: one line for each message. Terminals and files show it as it is: escape
              sequences and other control characters are replaced.
            - `mermaid`: a flowchart of Mermaid. It stays within Mermaid's default limits: in a
              larger tree, consecutive messages become one node.
            - `dot`: a graph of Graphviz.
            - `svg`: an image, in light or dark colors.
            - `html`: a page to fold, search and navigate the tree, and to compare two branches. The
              page loads nothing and sends nothing.
        width: The number of columns of a line in the format `text`.
        color: Whether the format `text` has colors, for a terminal.

    Raises:
        ValueError: If the format is unknown, the width is less than 40, or `tree` is not a tree.
    """
    if format not in get_args(TreeFormat):
        formats = ", ".join(get_args(TreeFormat))
        raise ValueError(f"unknown format {format!r}: expected one of {formats}")
    if not isinstance(width, int) or width < MIN_WIDTH:
        raise ValueError(f"invalid width {width!r}: expected {MIN_WIDTH} or more")
    outline = Outline(_root(tree))
    if format == "text":
        from ._text import render_text

        return render_text(outline, width, color)
    if format == "mermaid":
        from ._mermaid import render_mermaid

        return render_mermaid(outline)
    if format == "dot":
        from ._dot import render_dot

        return render_dot(outline)
    if format == "svg":
        from ._svg import render_svg

        return render_svg(outline)
    from ._html import render_html

    return render_html(outline)


def _root(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the root of the result of `get_tree`, or the node itself."""
    root: Any = tree
    if isinstance(tree, Mapping) and "children" not in tree:
        root = tree.get("tree")
    if not isinstance(root, Mapping):
        raise ValueError(
            "the tree has no messages: expected the result of conversations.get_tree, "
            "or a node with 'children'"
        )
    return cast("Mapping[str, Any]", root)


class TreeView:
    """A tree that notebooks show as the HTML page, and `print` as text.

    In Jupyter, `TreeView(client.conversations.get_tree("conv_123"))` at the end of a cell shows the
    page. It runs in a frame of its own, without access to the notebook.
    """

    def __init__(self, tree: ConversationTree | TreeNode) -> None:
        self.tree: ConversationTree | TreeNode = tree
        self._outline = Outline(_root(tree))

    def render(self, format: TreeFormat = "text", *, width: int = 80, color: bool = False) -> str:
        """Return a picture of the tree, as the function `render` does."""
        return render(self.tree, format, width=width, color=color)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"<TreeView: {self._outline.describe()}>"

    def _repr_html_(self) -> str:
        from ._html import render_frame

        return render_frame(self._outline)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}
