"""The two dialects of the contract, and the one form that a user sees.

The service documents one dialect and speaks another (see "Two dialects" in the contract). Whichever
came over the wire, a user's program gets the documented form with the other's fields added as far
as they are known, in the same dict: nothing is copy_headers, taken away or renamed. This module alone
knows that there are two.

What a compact answer does not say cannot be made up: the user's message then holds what was sent,
without the id and the times that only the service knows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from chatroutes_wire.client import has_all
from chatroutes_wire.errors import UnexpectedPayload

if TYPE_CHECKING:
    from .types import (
        Checkpoint,
        ConversationPage,
        Message,
        PaginatedResponse,
        SendMessageRequest,
        SendMessageResponse,
        StreamChunk,
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
        fields["userMessage"] = _sent_message(conversation_id, data)
    if "model" not in fields and (model := _metadata(cast("Json", reply)).get("model")):
        fields["model"] = model
    return cast("SendMessageResponse", fields)


class StreamAccumulator:
    """What a stream has said so far: its text, whether it is whole, and the answer it amounts to."""

    def __init__(self, conversation_id: str, data: SendMessageRequest) -> None:
        self._conversation_id = conversation_id
        self._data = data
        self._pieces: list[str] = []
        self._fields: Json = {}
        self._finish_reason: str | None = None
        self._is_complete = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def is_complete(self) -> bool:
        """Whether the stream has said that the reply is at its end."""
        return self._is_complete

    def done(self) -> None:
        """Take note of `[DONE]`."""
        self._is_complete = True

    def add(self, event: Json) -> StreamChunk:
        """Take note of one event, and give it `choices[0].delta` where it came without."""
        choices: list[Json | None] | None = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            delta: Json | None = choice.get("delta")
            if not isinstance(delta, dict):
                delta = choice["delta"] = {}
        else:
            delta, choice = _make_choice(event)
            event["choices"] = [choice]
        piece = delta.get("content")
        if isinstance(piece, str):
            self._pieces.append(piece)
        reason = choice.get("finish_reason")
        if reason is not None:
            self._finish_reason = str(reason)
            self._is_complete = True
        seen = self._fields
        if not seen or reason is not None or event.get("usage") is not None:
            seen.update(
                {name: event[name] for name in _ACCUMULATED_FIELDS if event.get(name) is not None}
            )
        return cast("StreamChunk", event)

    def response(self) -> SendMessageResponse:
        """The answer that the whole stream amounts to, as `messages.send` would have given it."""
        seen = self._fields
        answer: Json = {name: seen[name] for name in _RESPONSE_FIELDS if name in seen}
        if not isinstance(answer.get("assistantMessage"), dict):
            answer["assistantMessage"] = (
                answer["message"]
                if isinstance(answer.get("message"), dict)
                else self._assistant_message()
            )
        if not isinstance(answer["assistantMessage"].get("content"), str):
            answer["assistantMessage"]["content"] = self.text
        return normalize_send_response(answer, self._conversation_id, self._data)

    def _assistant_message(self) -> Message:
        """The reply, pieced together: the documented dialect sends no message at its end."""
        reply = _sent_message(self._conversation_id, self._data)
        reply |= {"role": "assistant", "content": self.text}
        if "id" in self._fields:
            reply["id"] = self._fields["id"]
        metadata = {"model": self._fields.get("model"), "finishReason": self._finish_reason}
        reply["metadata"] = {name: value for name, value in metadata.items() if value is not None}
        created = self._fields.get("created")
        if isinstance(created, (int, float)) and 0 < created < 1e11:
            moment = datetime.fromtimestamp(created, UTC)
            reply["createdAt"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return cast("Message", reply)


_RESPONSE_FIELDS = ("userMessage", "assistantMessage", "message", "usage", "model")
_ACCUMULATED_FIELDS = (*_RESPONSE_FIELDS, "id", "created")


def find_error(name: str, event: Json | str | None) -> Json | None:
    """The failure that an event stands for, if it is one and not a piece of the reply."""
    if not isinstance(event, dict):
        return {"message": str(event)} if name == "error" else None
    if name == "error":
        return event
    if _ERROR_MARKERS.isdisjoint(event):
        return None
    failed = event.get("type") == "error" or event.get("success") is False
    return event if failed or event.get("error") is not None else None


_ERROR_MARKERS = frozenset({"type", "success", "error"})


def _make_choice(event: Json) -> tuple[Json, Json]:
    """The documented form of an event that has none: its delta, and the choice around it."""
    kind = event.get("type")
    delta: Json = {}
    if kind == "content" and isinstance(event.get("content"), str):
        delta["content"] = event["content"]
    reason = None
    if kind == "complete":
        message = event.get("message")
        known = _metadata(cast("Json", message)) if isinstance(message, dict) else {}
        reason = known.get("finishReason") or "stop"
    return delta, {"index": 0, "delta": delta, "finish_reason": reason}


def _sent_message(conversation_id: str, data: SendMessageRequest) -> Json:
    message: Json = {
        "conversationId": conversation_id,
        "role": "user",
        "content": data.get("content", ""),
    }
    if branch := data.get("branchId"):
        message["branchId"] = branch
    return message


def _metadata(message: Json) -> Json:
    metadata = message.get("metadata")
    return cast("Json", metadata) if isinstance(metadata, dict) else {}
