"""Conversations that are a list of messages: OpenAI's messages (JSON Lines) and ShareGPT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ..exports import ConversationExport
from ._errors import ImportFileError
from ._nodes import Json, Node, as_list, as_object, build_export, format_time, make_title

# The names of a message's role and text, by the name of the list.
OPENAI: Final = "messages"
SHAREGPT: Final = "conversations"
ROLES: Final = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "system": "system",
    "developer": "system",
}


def is_conversation(value: Mapping[str, Any]) -> bool:
    """Return whether a JSON object has a list of messages, as these formats have it."""
    return any(isinstance(value.get(name), list) for name in (OPENAI, SHAREGPT))


def to_export(value: Mapping[str, Any]) -> ConversationExport:
    """Return the document of a conversation.

    Raises:
        ImportFileError: If the conversation has another shape.
    """
    is_openai = isinstance(value.get(OPENAI), list)
    list_name = OPENAI if is_openai else SHAREGPT
    source = "openai" if is_openai else "sharegpt"
    model = value.get("model") if isinstance(value.get("model"), str) else None
    nodes: list[Node] = []
    for number, item in enumerate(as_list(value[list_name])):
        location = f"{list_name}[{number}]"
        fields = as_object(item)
        # Some files have the names of one format in the list of the other.
        role_name = "from" if "from" in fields else "role"
        text_name = "value" if "value" in fields else "content"
        role = fields.get(role_name)
        if not isinstance(role, str) or not role:
            raise ImportFileError(f"{location}: expected an object with a text 'role' or 'from'")
        rest = {
            name: each
            for name, each in fields.items()
            if name not in (role_name, text_name) and each is not None
        }
        content = fields.get(text_name)
        text = _text(content) or _text(fields.get("refusal")) or _calls(fields.get("tool_calls"))
        if not isinstance(content, str) and content:
            rest[text_name] = content
        shown_role = ROLES.get(role.lower(), "assistant")
        if role.lower() not in ROLES:
            rest[role_name] = role
        nodes.append(
            Node(
                str(number),
                nodes[-1].id if nodes else None,
                shown_role,
                text,
                model=model if shown_role == "assistant" else None,
                metadata={"imported": {"source": source, **rest}} if rest else {},
            )
        )
    titles = (node.content for node in nodes if node.role == "user" and node.content.strip())
    conversation: Json = {
        "id": str(value.get("id") or "conversation"),
        "title": make_title(value.get("title"), next(titles, "")),
    }
    if model:
        conversation["model"] = model
    system = value.get("system")
    if isinstance(system, str) and system:
        conversation["systemPrompt"] = system
    created_at = format_time(value.get("created_at") or value.get("created"))
    if created_at is not None:
        conversation["createdAt"] = created_at
    known = {list_name, "id", "title", "model", "system", "created_at", "created"}
    rest = {name: each for name, each in value.items() if name not in known and each is not None}
    if rest and nodes:
        nodes[0].metadata.setdefault("imported", {"source": source})["conversation"] = rest
    return build_export(conversation, nodes, nodes[-1].id if nodes else None)


def _calls(tool_calls: Any) -> str:
    """Return a placeholder for each call of a tool."""
    functions = (as_object(as_object(each).get("function")) for each in as_list(tool_calls))
    names = (each.get("name") for each in functions)
    return "\n\n".join(f"[tool call {name}]" if name else "[tool call]" for name in names)


def _text(content: Any) -> str:
    """Return the text of a content: a string, a list of parts, or nothing."""
    if isinstance(content, list):
        texts: list[str] = []
        for part in as_list(content):
            fields: Json = as_object(part) if isinstance(part, dict) else {"text": part}
            text = fields.get("text") or fields.get("refusal")
            texts.append(text if isinstance(text, str) else f"[{fields.get('type', 'attachment')}]")
        return "\n\n".join(texts)
    if content is None or isinstance(content, str):
        return content or ""
    return json.dumps(content, ensure_ascii=False)
