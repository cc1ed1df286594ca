"""The format `html`: the page of `chatroutes.trees`."""

from __future__ import annotations

from typing import Any, cast

from .._trees import build_from_nodes
from ..trees import render
from ._document import ConversationExport


def render_html(export: ConversationExport) -> str:
    """Return a page to fold, search and navigate the messages. It loads nothing and sends nothing."""
    fields = cast("dict[str, Any]", export)
    nodes = [
        {
            "id": message["id"],
            "parentId": message["parentMessageId"],
            "branchId": message["branchId"],
            "role": (
                f"{message['role']} · {model}"
                if (model := message.get("model"))
                else message["role"]
            ),
            "content": message["content"],
        }
        for message in fields["messages"]
    ]
    root, _ = build_from_nodes(fields["conversation"], nodes, fields["branches"])
    return render(cast("Any", root), "html")
