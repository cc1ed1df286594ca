"""The responses of both dialects of the contract, normalized to the documented form.

The service documents one dialect and sends another (see "Two dialects" in the contract). A program
always receives the documented form, with the fields of the other dialect added as far as they are
known. The original dict is extended: nothing is copied, removed or renamed. Only this module,
`_chunks` and `_trees` depend on the dialects.

Fields that a compact response leaves out cannot be reconstructed. The user's message then has the
content that was sent, without the id and the times that the service assigned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from chatroutes_wire.errors import UnexpectedPayload

from .errors import ResponseError

if TYPE_CHECKING:
    from .types import (
        Checkpoint,
        CompletedMessage,
        ConversationPage,
        PaginatedResponse,
        SendMessageRequest,
        SendMessageResponse,
    )

Json = dict[str, Any]


def normalize_envelope(payload: object, result: str | None) -> object:
    """Return a payload in the documented envelope: `data`, with the result under its name.

    A documented payload is returned as it is. The compact dialect leaves out `data`, or the name in
    it, and sends the bare object.

    Args:
        payload: The decoded response.
        result: The name of the result in `data`, or None if `data` is the result.
    """
    if not isinstance(payload, dict):
        return payload
    envelope = cast("Json", payload)
    data: object = envelope.get("data")
    if data is None:
        data = {name: value for name, value in envelope.items() if name not in ("success", "data")}
        if not data:
            return envelope
    if result is not None and not _has(data, result):
        data = {result: data}
    return envelope if data is envelope.get("data") else {**envelope, "data": data}


def _has(value: object, name: str) -> bool:
    return isinstance(value, dict) and name in value


def normalize_page(page: ConversationPage) -> PaginatedResponse:
    """Return a page of conversations as `conversations.list` returns it, with `data` and `hasNext`."""
    fields = cast("Json", page)
    conversations = fields.pop("conversations")
    total, number, limit = fields.get("total"), fields.get("page"), fields.get("limit")
    if not isinstance(fields.get("hasNext"), bool):
        is_known = isinstance(total, int) and isinstance(number, int) and isinstance(limit, int)
        fields["hasNext"] = is_known and cast("int", number) * cast("int", limit) < cast(
            "int", total
        )
    return cast("PaginatedResponse", {"data": conversations, **fields})


def next_cursor(payload: object) -> str | None:
    """Return the cursor of the next page, or None if there is none.

    Args:
        payload: The response with a list, in the documented envelope.

    Raises:
        UnexpectedPayload: If the cursor is not a string.
    """
    envelope = cast("Json", payload)
    # A list without a name is not beside its cursor: {"data": [...], "nextCursor": "..."}
    cursor: object = envelope["data"].get("nextCursor") or envelope.get("nextCursor")
    if not cursor:
        return None
    if not isinstance(cursor, str):
        raise UnexpectedPayload(f"data.nextCursor is {cursor!r}, not a string")
    return cursor


def normalize_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Add the contract's spelling of each field of a checkpoint that has only the other spelling."""
    fields = cast("Json", checkpoint)
    for name, other in _CHECKPOINT_FIELDS:
        if name not in fields and other in fields:
            fields[name] = fields[other]
    return checkpoint


_CHECKPOINT_FIELDS = (
    ("conversation_id", "conversationId"),
    ("branch_id", "branchId"),
    ("anchor_message_id", "anchorMessageId"),
    ("token_count", "tokenCount"),
    ("created_at", "createdAt"),
)


def normalize_sent(payload: object, conversation_id: str, data: SendMessageRequest) -> object:
    """Add the missing fields of the reply in a payload in the documented envelope.

    Args:
        payload: The response, in either dialect.
        conversation_id: The conversation that the message was sent to.
        data: The message that was sent.

    Raises:
        UnexpectedPayload: If the payload has no reply in either dialect.
    """
    if not isinstance(payload, dict):
        return payload
    envelope = cast("Json", payload)
    if isinstance(envelope.get("data"), dict):
        normalize_send_response(envelope["data"], conversation_id, data)
    return envelope


def normalize_send_response(
    response: object, conversation_id: str, data: SendMessageRequest
) -> SendMessageResponse:
    """Add the missing fields of the response to a message.

    Args:
        response: The response, in either dialect.
        conversation_id: The conversation that the message was sent to.
        data: The message that was sent.

    Raises:
        UnexpectedPayload: If the response has no reply in either dialect.
    """
    fields = cast("Json", response)
    reply = fields.get("assistantMessage")
    if reply is None:
        reply = fields.get("message")
    if not isinstance(reply, dict):
        raise UnexpectedPayload("data has neither assistantMessage nor message")
    fields["assistantMessage"] = reply
    if not isinstance(fields.get("message"), dict):
        fields["message"] = reply
    if not isinstance(fields.get("userMessage"), dict):
        fields["userMessage"] = make_message(conversation_id, data)
    if "model" not in fields and (model := message_metadata(cast("Json", reply)).get("model")):
        fields["model"] = model
    return cast("SendMessageResponse", fields)


def add_reply_fields(response: SendMessageResponse) -> CompletedMessage:
    """Return a response with the fields of its reply beside its own, as `on_complete` receives it."""
    return cast("CompletedMessage", {**response["assistantMessage"], **response})


def make_message(conversation_id: str, data: SendMessageRequest) -> Json:
    """Return the user's message with the fields that the request has."""
    message: Json = {
        "conversationId": conversation_id,
        "role": "user",
        "content": data.get("content", ""),
    }
    if branch := data.get("branchId"):
        message["branchId"] = branch
    return message


def message_metadata(message: Json) -> Json:
    """Return the metadata of a message, or an empty dict."""
    metadata = message.get("metadata")
    return cast("Json", metadata) if isinstance(metadata, dict) else {}


def read_id(value: Mapping[str, Any], kind: str) -> str:
    """Return the id of an object of a response.

    Raises:
        ResponseError: If it has none.
    """
    value_id = value.get("id")
    if not isinstance(value_id, str) or not value_id:
        raise ResponseError(f"The service sent a {kind} without an id.", status_code=None)
    return value_id


def valid_text(text: str) -> str:
    """Join the halves of surrogate pairs in a text, and replace a half that is alone by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
