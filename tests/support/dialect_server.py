"""A server of either dialect on a real socket, with a simple response for every operation of the contract.

It keeps the conversations and messages that it receives, and invents an object for any other id. It shares
no code with the SDK or with the local server.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.json_server import ErrorResponse, EventStream, Json, JsonServer

BASE_PATH = "/api/v1"
TIME = "2025-10-05T03:01:09.598Z"
HASH = "0" * 64
USAGE = {"promptTokens": 6, "completionTokens": 4, "totalTokens": 10}


class RecordedRequest(NamedTuple):
    """A request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class DialectServer:
    """A server that uses one dialect; it runs during a `with` block.

    Args:
        dialect: The dialect of all responses.
        bare: Where a single object is sent without its name: nowhere, in `data`, or as the whole body.
        done: Whether a stream ends with `[DONE]`.
        api_key: The only valid API key.
    """

    def __init__(
        self,
        dialect: Literal["documented", "compact"],
        *,
        bare: Literal["nowhere", "data", "body"] = "nowhere",
        done: bool = True,
        api_key: str = "your-api-key",
    ) -> None:
        self.api_key = api_key
        self.requests: list[RecordedRequest] = []
        self._compact = dialect == "compact"
        self._bare = bare
        self._done = done
        self._conversations: dict[str, Json] = {}
        self._messages: dict[str, list[Json]] = {}
        self._ids = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._http = JsonServer(self.respond)
        self._http.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.__exit__(*error)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}{BASE_PATH}"

    def respond(self, method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        """Return the response to a request: a JSON object or an EventStream."""
        url = urlsplit(target)
        with self._lock:
            self.requests.append(RecordedRequest(method, url.path, headers, body))
            if headers.get("authorization") != f"ApiKey {self.api_key}":
                raise ErrorResponse(401, "UNAUTHORIZED", "The API key is not valid.")
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            for operation, pattern, respond in _OPERATIONS:
                match = re.fullmatch(BASE_PATH + pattern, url.path)
                if operation == method and match:
                    ids = [unquote(each) for each in match.groups()]
                    if any(each.startswith("missing") for each in ids):
                        raise ErrorResponse(404, "NOT_FOUND", f"There is no {ids[-1]}.")
                    return respond(self, ids, query, body or {})
        raise ErrorResponse(404, "NOT_FOUND", f"There is nothing at {url.path}.")

    # Envelopes

    def wrap_object(self, name: str, value: Json) -> Json:
        if self._bare == "body":
            return value
        return {"success": True, "data": value if self._bare == "data" else {name: value}}

    def wrap_fields(self, value: Json) -> Json:
        return value if self._bare == "body" else {"success": True, "data": value}

    # Operations

    def create_conversation(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object("conversation", self.conversation(self.new_id("conv"), body))

    def list_conversations(self, ids: list[str], query: Json, body: Json) -> Json:
        everything = list(reversed(self._conversations.values()))
        page, limit = int(query.get("page", 1)), int(query.get("limit", 10))
        fields = {
            "conversations": everything[(page - 1) * limit : page * limit],
            "total": len(everything),
            "page": page,
            "limit": limit,
        }
        if self._compact:
            return {"success": True, **fields}
        return {"success": True, "data": {**fields, "hasNext": page * limit < len(everything)}}

    def get_conversation(self, ids: list[str], query: Json, body: Json) -> Json:
        details = {
            "messages": self._messages.get(ids[0], []),
            "branches": [self.branch(ids[0], "br_main", {"title": "Main"})],
        }
        return self.wrap_object("conversation", {**self.conversation(ids[0]), **details})

    def update_conversation(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object("conversation", self.conversation(ids[0], body))

    def delete_conversation(self, ids: list[str], query: Json, body: Json) -> Json:
        self._conversations.pop(ids[0], None)
        return {"success": True}

    def get_conversation_tree(self, ids: list[str], query: Json, body: Json) -> Json:
        if self._compact:
            messages = self._messages.get(ids[0], [])
            main = self.branch(ids[0], "br_main", {"title": "Main"})
            main |= {"messages": messages, "_count": {"messages": len(messages)}}
            return self.wrap_fields(
                {
                    "conversation": self.conversation(ids[0]),
                    "branches": [{"branch": main, "children": []}],
                    "mainBranch": main,
                }
            )
        root = {"id": ids[0], "role": "system", "content": "A tree", "children": []}
        tip, messages = root, self._messages.get(ids[0], [])
        for each in messages:
            node = {name: each[name] for name in ("id", "role", "content")}
            tip["children"] = [{**node, "children": []}]
            tip = tip["children"][0]
        metadata = {"totalNodes": len(messages), "totalBranches": 1, "maxDepth": len(messages)}
        return self.wrap_fields(
            {"conversation": self.conversation(ids[0]), "tree": root, "metadata": metadata}
        )

    def send_message(self, ids: list[str], query: Json, body: Json) -> Json:
        branch = ids[1] if len(ids) > 1 else body.get("branchId") or "br_main"
        message, reply = self.add_exchange(ids[0], branch, body)
        if self._compact:
            model = reply["metadata"]["model"]
            return self.wrap_fields({"message": reply, "usage": USAGE, "model": model})
        return self.wrap_fields({"userMessage": message, "assistantMessage": reply})

    def stream_message(self, ids: list[str], query: Json, body: Json) -> EventStream:
        _, reply = self.add_exchange(ids[0], body.get("branchId") or "br_main", body)
        model = reply["metadata"]["model"]
        words: list[str] = re.findall(r"\S+\s*", reply["content"])
        events: list[Json | None] = []
        if self._compact:
            events += [{"type": "content", "content": word, "model": model} for word in words]
            events += [{"type": "complete", "message": reply, "usage": USAGE, "model": model}]
        else:
            for number, word in enumerate(words):
                delta = {"content": word, **({} if number else {"role": "assistant"})}
                events.append(_chunk(reply["id"], model, delta, None))
            events.append(_chunk(reply["id"], model, {}, "stop"))
        return EventStream([*events, None] if self._done else events)

    def list_messages(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_fields({"messages": self._messages.get(ids[0], [])})

    def update_message(self, ids: list[str], query: Json, body: Json) -> Json:
        for messages in self._messages.values():
            for each in messages:
                if each["id"] == ids[0]:
                    each["content"] = body["content"]
                    return self.wrap_object("message", each)
        return self.wrap_object(
            "message", self.message("conv_123", "br_main", "user", body["content"], ids[0])
        )

    def delete(self, ids: list[str], query: Json, body: Json) -> Json:
        return {"success": True}

    def list_branches(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_fields({"branches": [self.branch(ids[0], "br_main", {"title": "Main"})]})

    def create_branch(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object("branch", self.branch(ids[0], self.new_id("br"), body))

    def update_branch(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object("branch", self.branch(ids[0], ids[1], body))

    def merge_branch(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object("branch", self.branch(ids[0], "br_main", {"title": "Main"}))

    def list_checkpoints(self, ids: list[str], query: Json, body: Json) -> Json:
        branch = query.get("branchId", "br_main")
        checkpoint = self.checkpoint(ids[0], branch, "msg_456", "cp_1")
        return self.wrap_fields({"checkpoints": [checkpoint]})

    def create_checkpoint(self, ids: list[str], query: Json, body: Json) -> Json:
        checkpoint = self.checkpoint(ids[0], body["branchId"], body["anchorMessageId"], "cp_1")
        return self.wrap_object("checkpoint", checkpoint)

    def recreate_checkpoint(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_object(
            "checkpoint", self.checkpoint("conv_123", "br_main", "msg_456", ids[0])
        )

    def suggest_branches(self, ids: list[str], query: Json, body: Json) -> Json:
        match = re.search(r"\bor\b|\band also\b", body["text"])
        if match is None:
            metadata = {"detectionMethod": "pattern", "totalBranchPointsFound": 0}
            return self.wrap_fields({"suggestions": [], "metadata": metadata})
        suggestion = {
            "id": "sug_1",
            "title": "The other way",
            "description": "Where the alternative leads.",
            "triggerText": match[0],
            "branchPoint": {"start": match.start(), "end": match.end()},
            "confidence": 0.85,
            "reasoning": "The text names an alternative.",
            "estimatedDivergence": "medium",
        }
        metadata = {"detectionMethod": "pattern", "totalBranchPointsFound": 1}
        return self.wrap_fields({"suggestions": [suggestion], "metadata": metadata})

    def health(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_fields({"status": "healthy", "version": "0.2.6", "service": "autobranch"})

    def models(self, ids: list[str], query: Json, body: Json) -> Json:
        return self.wrap_fields(
            {"models": [{"id": "gpt-5", "provider": "openai", "isDefault": True}]}
        )

    # Objects

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}_{self._ids}"

    def conversation(self, id: str, changes: Json | None = None) -> Json:
        conversation = self._conversations.setdefault(
            id,
            {
                "id": id,
                "userId": "user_1",
                "title": "Some Conversation",
                "model": "gpt-5",
                "createdAt": TIME,
                "updatedAt": TIME,
            },
        )
        conversation.update(changes or {})
        return conversation

    def message(
        self, conversation: str, branch: str, role: str, content: str, id: str | None = None
    ) -> Json:
        return {
            "id": id or self.new_id("msg"),
            "conversationId": conversation,
            "branchId": branch,
            "role": role,
            "content": content,
            "tokenCount": len(content.split()),
            "createdAt": TIME,
            "contentHash": HASH,
        }

    def add_exchange(self, conversation: str, branch: str, body: Json) -> tuple[Json, Json]:
        """Create and store a message and the reply to it."""
        content = body["content"]
        message = self.message(conversation, branch, "user", content)
        reply = self.message(conversation, branch, "assistant", f'You wrote: "{content}"')
        model = body.get("model") or self.conversation(conversation)["model"]
        reply["metadata"] = {"model": model, "finishReason": "stop", "context_message_count": 1}
        self._messages.setdefault(conversation, []).extend([message, reply])
        return message, reply

    def branch(self, conversation: str, id: str, fields: Json) -> Json:
        return {
            "id": id,
            "conversationId": conversation,
            "parentBranchId": None if id == "br_main" else "br_main",
            "forkPointMessageId": fields.get("forkPointMessageId") or fields.get("baseNodeId"),
            "title": fields.get("title", "Some Branch"),
            "contextMode": fields.get("contextMode", "FULL"),
            "isMain": id == "br_main",
            "isActive": True,
            "createdAt": TIME,
        }

    def checkpoint(self, conversation: str, branch: str, anchor: str, id: str) -> Json:
        fields = {
            "conversation_id": conversation,
            "branch_id": branch,
            "anchor_message_id": anchor,
            "token_count": 11,
            "created_at": TIME,
        }
        if self._compact:
            fields = {re.sub("_(.)", lambda m: m[1].upper(), name): fields[name] for name in fields}
        return {"id": id, "summary": "They greeted each other.", **fields}


def _chunk(id: str, model: str, delta: Json, finish_reason: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": id, "model": model, "created": 1759633269, "choices": [choice]}


_Respond = Callable[[DialectServer, list[str], Json, Json], Any]
_ID = "/([^/]+)"
_CONVERSATION = f"/conversations{_ID}"
_BRANCH = f"{_CONVERSATION}/branches{_ID}"
_OPERATIONS: list[tuple[str, str, _Respond]] = [
    ("POST", "/conversations", DialectServer.create_conversation),
    ("GET", "/conversations", DialectServer.list_conversations),
    ("GET", _CONVERSATION, DialectServer.get_conversation),
    ("PATCH", _CONVERSATION, DialectServer.update_conversation),
    ("DELETE", _CONVERSATION, DialectServer.delete_conversation),
    ("GET", f"{_CONVERSATION}/tree", DialectServer.get_conversation_tree),
    ("POST", f"{_CONVERSATION}/messages", DialectServer.send_message),
    ("POST", f"{_CONVERSATION}/messages/stream", DialectServer.stream_message),
    ("GET", f"{_CONVERSATION}/messages", DialectServer.list_messages),
    ("PATCH", f"/messages{_ID}", DialectServer.update_message),
    ("DELETE", f"/messages{_ID}", DialectServer.delete),
    ("GET", f"{_CONVERSATION}/branches", DialectServer.list_branches),
    ("POST", f"{_CONVERSATION}/branches", DialectServer.create_branch),
    ("POST", f"{_CONVERSATION}/fork", DialectServer.create_branch),
    ("PATCH", _BRANCH, DialectServer.update_branch),
    ("DELETE", _BRANCH, DialectServer.delete),
    ("GET", f"{_BRANCH}/messages", DialectServer.list_messages),
    ("POST", f"{_BRANCH}/messages", DialectServer.send_message),
    ("POST", f"{_BRANCH}/merge", DialectServer.merge_branch),
    ("GET", f"{_CONVERSATION}/checkpoints", DialectServer.list_checkpoints),
    ("POST", f"{_CONVERSATION}/checkpoints", DialectServer.create_checkpoint),
    ("DELETE", f"/checkpoints{_ID}", DialectServer.delete),
    ("POST", f"/checkpoints{_ID}/recreate", DialectServer.recreate_checkpoint),
    ("POST", "/autobranch/suggest-branches", DialectServer.suggest_branches),
    ("GET", "/autobranch/health", DialectServer.health),
    ("GET", "/models", DialectServer.models),
]
