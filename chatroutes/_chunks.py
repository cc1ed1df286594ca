"""The chunks of a streamed reply, in either dialect: what each stands for, and what they amount to."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from ._normalize import make_message, message_metadata, normalize_send_response

if TYPE_CHECKING:
    from .types import Message, SendMessageRequest, SendMessageResponse, StreamChunk

Json = dict[str, Any]


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
        reply = make_message(self._conversation_id, self._data)
        reply |= {"role": "assistant", "content": self.text}
        if "id" in self._fields:
            reply["id"] = self._fields["id"]
        metadata = {"model": self._fields.get("model"), "finishReason": self._finish_reason}
        reply["metadata"] = {name: value for name, value in metadata.items() if value is not None}
        created = self._fields.get("created")
        if isinstance(created, (int, float)) and 0 < created < 1e11:
            moment = datetime.fromtimestamp(created, timezone.utc)
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
        known = message_metadata(cast("Json", message)) if isinstance(message, dict) else {}
        reason = known.get("finishReason") or "stop"
    return delta, {"index": 0, "delta": delta, "finish_reason": reason}
