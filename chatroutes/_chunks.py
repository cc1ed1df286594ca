"""The chunks of a streamed reply: what the events of both dialects mean, and what they amount to.

A new type of chunk is added here: `find_error` recognizes errors, `_choice_for` gives every other
event the documented form. `_normalize` does the same for responses that are not streamed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from ._normalize import make_message, message_metadata, normalize_send_response

if TYPE_CHECKING:
    from .types import Message, SendMessageRequest, SendMessageResponse, StreamChunk

Json = dict[str, Any]


class StreamAccumulator:
    """Accumulates the chunks of a stream: its text, whether it is complete, and the whole response."""

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
        """Whether the service has marked the end of the reply."""
        return self._is_complete

    def mark_done(self) -> None:
        """Record the event `[DONE]`."""
        self._is_complete = True

    def add(self, event: Json) -> StreamChunk:
        """Record an event, and return it as a chunk. `choices[0].delta` is added if it is missing."""
        choices: list[Json | None] | None = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            delta: Json | None = choice.get("delta")
            if not isinstance(delta, dict):
                delta = choice["delta"] = {}
        else:
            delta, choice = _choice_for(event)
            event["choices"] = [choice]
        piece = delta.get("content")
        if isinstance(piece, str):
            self._pieces.append(piece)
        reason = choice.get("finish_reason")
        if reason is not None:
            self._finish_reason = str(reason)
            self._is_complete = True
        fields = self._fields
        if not fields or reason is not None or event.get("usage") is not None:
            fields.update(
                {name: event[name] for name in _RECORDED_FIELDS if event.get(name) is not None}
            )
        return cast("StreamChunk", event)

    def add_compact_fields(self, chunk: StreamChunk) -> StreamChunk:
        """Add the fields of the compact dialect to a chunk of the documented dialect."""
        if "type" not in chunk:
            choice = chunk["choices"][0]
            text = choice["delta"].get("content") or ""
            if choice.get("finish_reason") is None or text:
                chunk["type"], chunk["content"] = "content", text
            else:
                chunk["type"], chunk["message"] = "complete", self.response()["assistantMessage"]
        return chunk

    def response(self) -> SendMessageResponse:
        """Return the response that the stream amounts to, as `messages.send` would have returned it."""
        fields = self._fields
        response: Json = {name: fields[name] for name in _RESPONSE_FIELDS if name in fields}
        if not isinstance(response.get("assistantMessage"), dict):
            response["assistantMessage"] = (
                response["message"]
                if isinstance(response.get("message"), dict)
                else self._assistant_message()
            )
        if not isinstance(response["assistantMessage"].get("content"), str):
            response["assistantMessage"]["content"] = self.text
        return normalize_send_response(response, self._conversation_id, self._data)

    def _assistant_message(self) -> Message:
        """Build the reply from the chunks: the documented dialect sends no message at the end."""
        message = make_message(self._conversation_id, self._data)
        message |= {"role": "assistant", "content": self.text}
        if "id" in self._fields:
            message["id"] = self._fields["id"]
        metadata = {"model": self._fields.get("model"), "finishReason": self._finish_reason}
        message["metadata"] = {name: value for name, value in metadata.items() if value is not None}
        created = self._fields.get("created")
        if isinstance(created, (int, float)) and 0 < created < 1e11:
            time = datetime.fromtimestamp(created, UTC)
            message["createdAt"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return cast("Message", message)


_RESPONSE_FIELDS = ("userMessage", "assistantMessage", "message", "usage", "model")
_RECORDED_FIELDS = (*_RESPONSE_FIELDS, "id", "created")


def find_error(name: str, event: Json | str | None) -> Json | None:
    """Return the payload of an error if an event reports one, else None.

    Args:
        name: The type of the event.
        event: The data of the event: decoded, or its text if it is not JSON.
    """
    if not isinstance(event, dict):
        return {"message": str(event)} if name == "error" else None
    if name == "error":
        return event
    if _ERROR_FIELDS.isdisjoint(event):
        return None
    failed = event.get("type") == "error" or event.get("success") is False
    return event if failed or event.get("error") is not None else None


_ERROR_FIELDS = frozenset({"type", "success", "error"})


def _choice_for(event: Json) -> tuple[Json, Json]:
    """Return the `delta` and the choice for an event that has none."""
    kind = event.get("type")
    delta: Json = {}
    if kind == "content" and isinstance(event.get("content"), str):
        delta["content"] = event["content"]
    reason = None
    if kind == "complete":
        message = event.get("message")
        metadata = message_metadata(cast("Json", message)) if isinstance(message, dict) else {}
        reason = metadata.get("finishReason") or "stop"
    return delta, {"index": 0, "delta": delta, "finish_reason": reason}
