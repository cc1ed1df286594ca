"""Conversations of ChatGPT: the elements of the `conversations.json` of a data export.

A conversation is a tree: `mapping` has the nodes by their ids, each with its parent and its children,
and `current_node` is the message that was shown last. Nodes without a message or without content are
left out. Fields that a message of this API does not have are kept in `imported` in its metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from ..exports import ConversationExport
from ._errors import ImportFileError
from ._nodes import Json, Node, as_list, as_object, build_export, format_time, make_title

SOURCE: Final = "chatgpt"
# The roles of this API. Messages of tools are shown as those of the assistant.
ROLES: Final = {"user": "user", "assistant": "assistant", "system": "system"}
FINISH_REASONS: Final = {"stop": "stop", "max_tokens": "length", "interrupted": "cancelled"}
# Fields of a conversation that the document has elsewhere.
OWN_FIELDS: Final = {
    "title",
    "create_time",
    "update_time",
    "mapping",
    "current_node",
    "default_model_slug",
}
# Where the text of a content without parts is, in the order in which they are joined.
TEXT_FIELDS: Final = (
    "title",
    "url",
    "text",
    "result",
    "output_str",
    "summary",
    "content",
    "user_profile",
    "user_instructions",
    "model_set_context",
    "structured_context",
)


def is_conversation(value: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a conversation of ChatGPT."""
    return isinstance(value.get("mapping"), dict)


def to_export(value: Mapping[str, Any]) -> ConversationExport:
    """Return the document of a conversation.

    Raises:
        ImportFileError: If the conversation has another shape.
    """
    mapping = cast("Mapping[str, Any]", value["mapping"])
    listed_parents = _listed_parents(mapping)
    warnings: list[str] = []
    nodes: list[Node] = []
    missing = empty = 0
    for node_id, item in mapping.items():
        if not isinstance(item, dict):
            raise ImportFileError(f"mapping.{node_id}: expected an object with a message")
        fields = cast("Json", item)
        parent = fields.get("parent")
        if parent is None:
            parent = listed_parents.get(node_id)
        if parent is not None and (not isinstance(parent, str) or parent not in mapping):
            missing += 1
            parent = None
        node = _node(node_id, parent, fields.get("message"))
        empty += not node.role and _is_shown(fields.get("message"))
        nodes.append(node)
    if missing:
        warnings.append(f"Messages that follow a missing message, and begin a branch: {missing}.")
    if empty:
        warnings.append(f"Messages without any content, which were left out: {empty}.")
    active = value.get("current_node")
    conversation: Json = {
        "id": str(value.get("conversation_id") or value.get("id") or "conversation"),
        "title": make_title(value.get("title")),
    }
    model = value.get("default_model_slug")
    if isinstance(model, str) and model:
        conversation["model"] = model
    for name, source in (("createdAt", "create_time"), ("updatedAt", "update_time")):
        time = format_time(value.get(source))
        if time is not None:
            conversation[name] = time
    rest = {name: each for name, each in value.items() if name not in OWN_FIELDS and each}
    export = build_export(
        conversation, nodes, active if isinstance(active, str) else None, warnings
    )
    _keep_fields(export, rest)
    return export


def _keep_fields(export: ConversationExport, fields: Json) -> None:
    """Keep the other fields of the conversation in the metadata of its first message."""
    if export["messages"]:
        first = cast("Json", export["messages"][0])
        first["metadata"].setdefault("imported", {})["conversation"] = fields


def _listed_parents(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Return the parent of each node that is listed as a child. Most nodes also name their parent."""
    parents: dict[str, str] = {}
    for node_id, item in mapping.items():
        for child in as_list(as_object(item).get("children")):
            if isinstance(child, str) and child in mapping:
                parents.setdefault(child, node_id)
    return parents


def _node(node_id: str, parent: str | None, message: Any) -> Node:
    """Return the node of a message. It has no role if the message has no content."""
    fields = as_object(message)
    if not fields:
        return Node(node_id, parent)
    content = as_object(fields.get("content"))
    metadata = as_object(fields.get("metadata"))
    texts = [*_iter_text(content)]
    text = "\n\n".join([*texts, *_iter_attachments(metadata, texts)])
    author = as_object(fields.get("author"))
    role = author.get("role")
    is_hidden = bool(metadata.get("is_visually_hidden_from_conversation"))
    is_plain = content.get("content_type") == "text" and content.get("parts") == [text]
    if not text and (is_hidden or role == "system" or (is_plain and role != "user")):
        return Node(node_id, parent)
    shown_role = ROLES.get(role, "assistant") if isinstance(role, str) else "assistant"
    if (is_hidden and role == "user") or content.get("content_type") == "model_editable_context":
        shown_role = "system"  # such as the custom instructions and the memory
    kept = {
        name: each
        for name, each in fields.items()
        if name not in ("content", "create_time", "author") and each not in (None, {}, [])
    }
    if not is_plain:
        kept["content"] = content
    if shown_role != role or author.get("name") or author.get("metadata"):
        kept["author"] = author
    model = metadata.get("model_slug")
    details = as_object(metadata.get("finish_details")).get("type")
    finish_reason = FINISH_REASONS.get(details, details) if isinstance(details, str) else None
    return Node(
        node_id,
        parent,
        shown_role,
        text,
        format_time(fields.get("create_time")),
        model if isinstance(model, str) and model and shown_role == "assistant" else None,
        metadata={
            **({} if finish_reason is None else {"finishReason": finish_reason}),
            "imported": {"source": SOURCE, **kept},
        },
    )


def _is_shown(message: Any) -> bool:
    """Return whether ChatGPT shows a message: not one that begins the tree."""
    fields = as_object(message)
    is_hidden = as_object(fields.get("metadata")).get("is_visually_hidden_from_conversation")
    return (
        bool(fields) and not is_hidden and as_object(fields.get("author")).get("role") != "system"
    )


def _iter_text(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a content, and placeholders for its other parts."""
    parts = content.get("parts")
    if isinstance(parts, list):
        for part in as_list(parts):
            if isinstance(part, str):
                if part:
                    yield part
            elif isinstance(part, dict):
                yield from _part_text(cast("Json", part))
        return
    thoughts = content.get("thoughts")
    if isinstance(thoughts, list):
        for thought in as_list(thoughts):
            yield from _field_texts(as_object(thought), ("summary", "content"))
        return
    if any(name in content for name in TEXT_FIELDS):
        yield from _field_texts(content, TEXT_FIELDS)
    elif content.get("content_type") not in (None, "text"):
        yield from _part_text(content)


def _iter_attachments(metadata: Mapping[str, Any], texts: Sequence[str]) -> Iterator[str]:
    """Yield a placeholder for each attachment that the texts do not show, such as a document."""
    for attachment in as_list(metadata.get("attachments")):
        fields = as_object(attachment)
        name, file_id = fields.get("name"), fields.get("id")
        if not isinstance(file_id, str) or not any(file_id in text for text in texts):
            yield f"[attachment: {name}]" if isinstance(name, str) else "[attachment]"


def _part_text(part: Mapping[str, Any]) -> Iterator[str]:
    texts = [*_field_texts(part, TEXT_FIELDS)]
    if texts:
        yield from texts
        return
    name = str(part.get("content_type") or "attachment").removesuffix("_asset_pointer")
    pointer = part.get("asset_pointer")
    yield f"[{name.replace('_', ' ')}{f': {pointer}' if isinstance(pointer, str) else ''}]"


def _field_texts(fields: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            yield value
