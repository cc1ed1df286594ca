"""The format `html`: the page of `chatroutes.trees`."""

from __future__ import annotations

from typing import Any, cast

from ..trees import render
from ._document import ConversationExport
from ._paths import Json


def render_html(export: ConversationExport) -> str:
    """Return a page to fold, search and navigate the messages. It loads nothing and sends nothing."""
    conversation = export["conversation"]
    root: Json = {
        "id": conversation["id"],
        "role": "system",
        "content": conversation["title"],
        "children": [],
    }
    branches = {each["id"]: each for each in export["branches"]}
    nodes: dict[str | None, Json] = {None: root}
    branch_of: dict[str | None, str] = {}
    for message in cast("list[Any]", export["messages"]):
        model = message.get("model")
        node: Json = {
            "id": message["id"],
            "role": f"{message['role']} · {model}" if model else message["role"],
            "content": message["content"],
            "children": [],
        }
        parent_id, branch_id = message["parentMessageId"], message["branchId"]
        if branch_of.get(parent_id) != branch_id:
            branch = branches[branch_id]
            node["branchInfo"] = {
                "branchId": branch_id,
                "title": branch["title"],
                "isMain": branch["isMain"],
                "isActive": branch.get("isActive", True),
            }
        branch_of[message["id"]] = branch_id
        nodes[parent_id]["children"].append(node)
        nodes[message["id"]] = node
    return render(cast("Any", root), "html")
