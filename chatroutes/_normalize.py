"""The two dialects of the contract, and the one form that a user sees.

The service documents one dialect and speaks another (see "Two dialects" in the contract). Whichever
came over the wire, a user's program gets the documented form with the other's fields added as far
as they are known, in the same dict: nothing is copied, taken away or renamed. This module alone
knows that there are two.

What a compact answer does not say cannot be made up: the user's message then holds what was sent,
without the id and the times that only the service knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from chatroutes_wire.client import has_all
from chatroutes_wire.errors import UnexpectedPayload

if TYPE_CHECKING:
    from .types import (
        Checkpoint,
        ConversationPage,
        PaginatedResponse,
        SendMessageRequest,
        SendMessageResponse,
    )

Json = dict[str, Any]


def normalize_envelope(payload: object, result: str | None) -> object:
    """Give an answer the documented envelope: `data`, and in it the result under its name.

    The compact dialect leaves `data` out, or the name within it, and answers with the bare object.
    """
    if not isinstance(payload, dict):
        return payload
    envelope = cast("Json", payload)
    data: object = envelope.get("data")
    if data is None:
        bare = {name: value for name, value in envelope.items() if name not in ("success", "data")}
        if not bare:
            return envelope
        data = bare
    if result is not None and not has_all(data, (result,)):
        return _wrap("data", _wrap(result, data))
    return _wrap("data", data)


def _wrap(name: str, value: object) -> dict[str, object]:
    return {name: value}


def normalize_page(answer: ConversationPage) -> PaginatedResponse:
    """Turn a page of conversations into what `conversations.list` gives."""
    fields = cast("Json", answer)
    conversations = fields.pop("conversations")
    total, number, limit = fields.get("total"), fields.get("page"), fields.get("limit")
    if not isinstance(fields.get("hasNext"), bool):
        counted = isinstance(total, int) and isinstance(number, int) and isinstance(limit, int)
        fields["hasNext"] = counted and cast("int", number) * cast("int", limit) < cast(
            "int", total
        )
    return cast("PaginatedResponse", {"data": conversations, **fields})


def normalize_checkpoint(answer: Checkpoint) -> Checkpoint:
    """Add the contract's spelling of a checkpoint's fields where only the other came."""
    fields = cast("Json", answer)
    for name, other in _CHECKPOINT_FIELDS:
        if name not in fields and other in fields:
            fields[name] = fields[other]
    return answer


_CHECKPOINT_FIELDS = (
    ("conversation_id", "conversationId"),
    ("branch_id", "branchId"),
    ("anchor_message_id", "anchorMessageId"),
    ("token_count", "tokenCount"),
    ("created_at", "createdAt"),
)


def normalize_send_response(
    answer: object, conversation_id: str, data: SendMessageRequest
) -> SendMessageResponse:
    """Complete the answer to a message that was sent.

    Raises:
        UnexpectedPayload: it holds no reply in either dialect.
    """
    fields = cast("Json", answer)
    reply = fields.get("assistantMessage")
    if reply is None:
        reply = fields.get("message")
    if not isinstance(reply, dict):
        raise UnexpectedPayload("data holds neither assistantMessage nor message")
    fields["assistantMessage"] = reply
    if not isinstance(fields.get("message"), dict):
        fields["message"] = reply
    if not isinstance(fields.get("userMessage"), dict):
        fields["userMessage"] = make_message(conversation_id, data)
    if "model" not in fields and (model := message_metadata(cast("Json", reply)).get("model")):
        fields["model"] = model
    return cast("SendMessageResponse", fields)


def make_message(conversation_id: str, data: SendMessageRequest) -> Json:
    message: Json = {
        "conversationId": conversation_id,
        "role": "user",
        "content": data.get("content", ""),
    }
    if branch := data.get("branchId"):
        message["branchId"] = branch
    return message


def message_metadata(message: Json) -> Json:
    metadata = message.get("metadata")
    return cast("Json", metadata) if isinstance(metadata, dict) else {}
