"""A service with one conversation, without the operations and fields that a test names."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.json_server import ErrorResponse, Json, JsonServer

BASE_PATH = "/api/v1"


class ExportService(JsonServer):
    """A service that sends the conversation of an exported document; it runs during a `with` block.

    Args:
        export: The document.
        without: What the service does not have: the operations `tree`, `checkpoints` and `listBranches`;
            `flat` and `scope`, which are parameters; `messages` and `branches` in a conversation; and
            any other name is a field of messages.
        failing: The branch whose list is an internal error.
    """

    def __init__(
        self, export: Any, without: Collection[str] = (), failing: str | None = None
    ) -> None:
        super().__init__(self._respond_to)
        self.requests: list[str] = []
        self._export = deepcopy(export)
        self._without = without
        self._failing = failing
        hidden = {name for name in without if name not in ("messages", "branches")}
        self._messages: dict[str, Json] = {
            each["id"]: {name: value for name, value in each.items() if name not in hidden}
            for each in self._export["messages"]
        }

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{BASE_PATH}"

    def _respond_to(self, method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = url.path.removeprefix(BASE_PATH)
        self.requests.append(target.removeprefix(BASE_PATH))
        conversation = self._export["conversation"]
        path = path.removeprefix(f"/conversations/{conversation['id']}")
        if path == "":
            return self._wrap({"conversation": self._conversation()})
        if path == "/branches" and "listBranches" not in self._without:
            return self._wrap({"branches": self._export["branches"]})
        if path == "/tree" and "tree" not in self._without:
            return self._wrap(self._tree())
        if path == "/checkpoints" and "checkpoints" not in self._without:
            return self._wrap({"checkpoints": self._export["checkpoints"]})
        if path == "/messages":
            if query.get("scope") == "conversation" and "scope" not in self._without:
                return self._wrap({"messages": [*self._messages.values()]})
            if self._failing is not None and query.get("branchId") == self._failing:
                raise ErrorResponse(500, "INTERNAL_ERROR", "An internal error occurred.")
            return self._wrap({"messages": self._visible(query.get("branchId", "br_main"))})
        raise ErrorResponse(404, "NOT_FOUND", f"There is nothing at {path}.")

    def _wrap(self, data: Json) -> Json:
        return {"success": True, "data": data}

    def _conversation(self) -> Json:
        parts = {"messages": self._visible("br_main"), "branches": self._export["branches"]}
        shown = {name: value for name, value in parts.items() if name not in self._without}
        return {**self._export["conversation"], **shown}

    def _tree(self) -> Json:
        if "flat" not in self._without:
            nodes = [
                {
                    "id": each["id"],
                    "parentId": each["parentMessageId"],
                    "branchId": each["branchId"],
                    "depth": 1,
                    "role": each["role"],
                    "content": each["content"],
                }
                for each in self._export["messages"]
            ]
            metadata = {"totalNodes": len(nodes), "totalBranches": 1, "maxDepth": 1}
            return {"conversation": self._conversation(), "nodes": nodes, "metadata": metadata}
        root: Json = {"id": "root", "role": "system", "content": "", "children": []}
        tree_nodes: dict[str | None, Json] = {None: root}
        branch_of: dict[str | None, str] = {}
        for each in self._export["messages"]:
            node = {name: each[name] for name in ("id", "role", "content")} | {"children": []}
            parent_id = each["parentMessageId"]
            if branch_of.get(parent_id) != each["branchId"]:
                node["branchInfo"] = {"branchId": each["branchId"]}
            branch_of[each["id"]] = each["branchId"]
            tree_nodes[parent_id]["children"].append(node)
            tree_nodes[each["id"]] = node
        return {"conversation": self._conversation(), "tree": root}

    def _visible(self, branch_id: str) -> list[Json]:
        """Return the messages that are visible on a branch."""
        own = [each for each in self._export["messages"] if each["branchId"] == branch_id]
        branch = next(each for each in self._export["branches"] if each["id"] == branch_id)
        last = own[-1]["id"] if own else branch["forkPointMessageId"]
        parents = {each["id"]: each["parentMessageId"] for each in self._export["messages"]}
        path: list[Json] = []
        while last is not None:
            path.insert(0, self._messages[last])
            last = parents[last]
        return path
