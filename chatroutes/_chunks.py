"""The chunks of a streamed reply: the events of both dialects, normalized and accumulated.

A new type of chunk is added here: `find_error` recognizes errors, `is_heartbeat` the events that are
no chunks, and `_choice_for` gives every other event the documented form. `_normalize` does the same
for responses that are not streamed.

A chunk has the documented types, whatever the service sends: `content` is text or None, and
`finish_reason` is a word or None. The text is valid Unicode. JSON can split a character over two
chunks, as the two halves of a surrogate pair. The first half is held until the second one arrives. A
half that remains alone becomes U+FFFD.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from ._error_payloads import is_empty, with_message
from ._normalize import make_message, message_metadata, normalize_send_response, valid_text

if TYPE_CHECKING:
    from .types import Message, SendMessageRequest, SendMessageResponse, StreamChunk, Usage

Json = dict[str, Any]


class StreamAccumulator:
    """Accumulates the chunks of a stream: its text, whether it is complete, and the whole response."""

    def __init__(self, conversation_id: str, data: SendMessageRequest) -> None:
        self._conversation_id = conversation_id
        self._data = data
        self._pieces: list[str] = []
        self._fields: Json = {}
        self._first_half = ""  # of a surrogate pair whose second half has not arrived
        self._finish_reason: str | None = None
        self._is_complete = False
        self._is_cancelled = False

    def copy(self) -> StreamAccumulator:
        """Return a copy, which does not change when another thread adds a chunk to the original."""
        copied = StreamAccumulator(self._conversation_id, self._data)
        copied._is_complete = self._is_complete  # first, because `add` sets it last
        copied._is_cancelled = self._is_cancelled
        copied._finish_reason = self._finish_reason
        copied._fields = dict(self._fields)
        copied._pieces = list(self._pieces)
        return copied

    def has_pieces_of(self, original: StreamAccumulator) -> bool:
        """Return whether no text was added to the original after this copy was made."""
        return len(self._pieces) == len(original._pieces)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def is_complete(self) -> bool:
        """Whether the service has marked the end of the reply."""
        return self._is_complete

    @property
    def finish_reason(self) -> str | None:
        """Why the reply ended, if it has ended."""
        return CANCELLED if self._is_cancelled else self._finish_reason

    @property
    def is_cancelled(self) -> bool:
        """Whether the reply was stopped before its end."""
        return self._is_cancelled

    @property
    def model(self) -> str | None:
        """The model that generates the reply, if it is known."""
        found = [self._fields.get("model")]
        for name in ("assistantMessage", "message"):  # at the end; the events may have no model
            message = self._fields.get(name)
            if isinstance(message, dict):
                found.append(message_metadata(cast("Json", message)).get("model"))
        return next((model for model in found if isinstance(model, str)), None)

    @property
    def usage(self) -> Usage | None:
        """The numbers of tokens, if they are known."""
        usage = self._fields.get("usage")
        return cast("Usage", usage) if isinstance(usage, dict) else None

    @property
    def response_id(self) -> str | None:
        """The id of the message that contains the reply, if it is known."""
        for name in ("assistantMessage", "message"):
            message: Json | None = self._fields.get(name)
            if isinstance(message, dict) and isinstance(message.get("id"), str):
                message_id: str = message["id"]
                return message_id
        reply_id = self._fields.get("id")
        return reply_id if isinstance(reply_id, str) else None

    def mark_cancelled(self) -> None:
        """Record that the reply was stopped before its end."""
        self._is_cancelled = not self._is_complete

    def is_restart(self, event: Json, last: StreamChunk) -> bool:
        """Return whether a chunk begins a reply, although there is text already.

        A reply can be split into other chunks when it is sent again, so that their ids do not help.

        Args:
            event: The first new chunk after a stream was resumed.
            last: The last chunk before.
        """
        reply_id = self._fields.get("id")
        if reply_id is not None and event.get("id") not in (None, reply_id):
            return True
        text = self.text
        if not text:
            return False
        delta = _find_delta(event)
        content = delta.get("content", event.get("content"))
        repeats_text = _content_text(content).startswith(text)
        # Most services send the role in the first chunk only, and some in every chunk.
        if "role" in delta and ("role" not in last["choices"][0]["delta"] or repeats_text):
            return True
        return repeats_text and len(text) >= _MIN_REPEATED_TEXT

    def has_text_of_message(self) -> bool:
        """Return whether the message at the end, if there is one, has the text of the chunks."""
        for name in ("assistantMessage", "message"):
            message = self._fields.get(name)
            if isinstance(message, dict):
                content = valid_text(_content_text(cast("Json", message).get("content")))
                if content and content.strip() != self.text.strip():
                    return False
        return True

    def mark_done(self) -> StreamChunk | None:
        """Record the event `[DONE]`. Return a last chunk if text was held, else None."""
        self._is_complete = True
        if not self._first_half:
            return None
        chunk: Json = {
            name: self._fields[name] for name in ("id", "model", "created") if name in self._fields
        }
        delta: Json = {}
        chunk["choices"] = [{"index": 0, "delta": delta, "finish_reason": None}]
        self._release_half(chunk, delta)
        return cast("StreamChunk", chunk)

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
        if piece is not None:
            # Half a surrogate pair is not printable. Both methods are cheap.
            if (
                self._first_half
                or type(piece) is not str
                or not (piece.isascii() or piece.isprintable())
            ):
                piece = self._normalize_content(event, delta, piece)
            self._pieces.append(piece)
        reason = choice.get("finish_reason")
        if reason is not None and not _is_finish_reason(reason):
            reason = choice["finish_reason"] = None
        is_end = reason is not None or ("type" in event and event["type"] == "complete")
        if is_end:
            self._release_half(event, delta)
        fields = self._fields
        if is_end or not fields or ("usage" in event and event["usage"] is not None):
            fields.update(
                {name: event[name] for name in _RECORDED_FIELDS if event.get(name) is not None}
            )
            if is_end:
                self._finish_reason = reason or self._finish_reason
                self._is_complete = True
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
        """Return the whole response, as `messages.send` would have returned it."""
        fields = self._fields
        response: Json = {name: fields[name] for name in _RESPONSE_FIELDS if name in fields}
        if not isinstance(response.get("assistantMessage"), dict):
            response["assistantMessage"] = (
                response["message"]
                if isinstance(response.get("message"), dict)
                else self._assistant_message()
            )
        if self._is_cancelled:
            reply = cast("Json", response["assistantMessage"])
            metadata = {**message_metadata(reply), "finishReason": CANCELLED}
            response["assistantMessage"] = response["message"] = {
                **reply,
                "content": self.text,
                "metadata": metadata,
            }
        for name in ("assistantMessage", "message"):
            if isinstance(response.get(name), dict):
                message: Json = response[name]
                message["content"] = valid_text(_content_text(message.get("content"))) or self.text
        return normalize_send_response(response, self._conversation_id, self._data)

    def _normalize_content(self, event: Json, delta: Json, content: object) -> str:
        """Replace the content of a chunk by valid text, and return the text."""
        text = self._first_half + _content_text(content)
        self._first_half = ""
        if "\ud800" <= text[-1:] <= "\udbff":
            self._first_half = text[-1]
            text = text[:-1]
        text = valid_text(text)
        if text != content:
            _replace_content(event, delta, text)
        return text

    def _release_half(self, event: Json, delta: Json) -> None:
        """Add U+FFFD to the last chunk if the second half of a character never arrived."""
        if self._first_half:
            self._first_half = ""
            self._pieces.append("\ufffd")
            _replace_content(event, delta, f"{delta.get('content') or ''}\ufffd")

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


CANCELLED: Final = "cancelled"

# A reply may repeat a few characters by itself.
_MIN_REPEATED_TEXT: Final = 16

_RESPONSE_FIELDS = ("userMessage", "assistantMessage", "message", "usage", "model")
_RECORDED_FIELDS = (*_RESPONSE_FIELDS, "id", "created")


def is_done(data: str) -> bool:
    """Return whether the data of an event is `[DONE]`, which ends a stream."""
    return data.strip() == "[DONE]"


def is_heartbeat(name: str, data: str, payload: object = None) -> bool:
    """Return whether an event carries nothing for the reader, and keeps the connection open.

    An event without data is one, and so is an event with a name of its own whose data is not a chunk.

    Args:
        name: The type of the event.
        data: The data of the event.
        payload: The decoded data, or None if it is not JSON.
    """
    if _is_error_event(name):
        return False
    if name in ("", "message"):
        return not data.strip()
    if not isinstance(payload, dict):
        return True
    fields = cast("Json", payload)
    return fields.get("type") not in CHUNK_TYPES and _CHUNK_FIELDS.isdisjoint(fields)


CHUNK_TYPES: Final = ("content", "complete")
_CHUNK_FIELDS: Final = frozenset({"choices", "usage", "userMessage", "assistantMessage"})


def find_error(name: str, event: object) -> Json | None:
    """Return the payload of an error if an event reports one, else None.

    The payload has a `message` if the event contains any text that describes the error.

    Args:
        name: The type of the event.
        event: The data of the event: decoded, or its text if it is not JSON.
    """
    if name and _is_error_event(name):
        return with_message(event)
    if not isinstance(event, dict) or _ERROR_FIELDS.isdisjoint(cast("Json", event)):
        return None
    fields = cast("Json", event)
    if (
        fields.get("type") == "error"
        or fields.get("success") is False
        or not is_empty(fields.get("error"))
    ):
        return with_message(fields)
    return None


_ERROR_FIELDS: Final = frozenset({"type", "success", "error"})


def _is_error_event(name: str) -> bool:
    return name.strip().lower() == "error"


def _is_finish_reason(reason: object) -> bool:
    """Return whether a finish reason means that the reply ended. Some services send "null" until then."""
    return isinstance(reason, str) and reason.strip().lower() not in ("", "null", "none")


def _content_text(content: object) -> str:
    """Return the text of the content of a chunk or a message, which may be a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(_part_text, cast("list[object]", content)))
    return _part_text(content)


def _part_text(part: object) -> str:
    """Return the text of one part of a content. Parts of other types, such as images, have none."""
    if isinstance(part, str):
        return part
    if isinstance(part, (int, float)) and not isinstance(part, bool):
        return str(part)
    if not isinstance(part, dict):
        return ""
    fields = cast("Json", part)
    text = fields.get("text")
    if isinstance(text, dict):
        text = cast("Json", text).get("value")
    is_text = fields.get("type", "text") in _TEXT_PARTS
    return text if is_text and isinstance(text, str) else ""


_TEXT_PARTS: Final = ("text", "text_delta", "output_text")


def _replace_content(event: Json, delta: Json, text: str) -> None:
    """Set the text of a chunk, also where the compact dialect has it."""
    delta["content"] = text
    if "content" in event:
        event["content"] = text


def _find_delta(event: Json) -> Json:
    """Return the `delta` of an event, or an empty one."""
    choices = event.get("choices")
    choice = cast("list[object]", choices)[0] if isinstance(choices, list) and choices else None
    delta = cast("Json", choice).get("delta") if isinstance(choice, dict) else None
    return cast("Json", delta) if isinstance(delta, dict) else {}


def _choice_for(event: Json) -> tuple[Json, Json]:
    """Return the `delta` and the choice for an event that has none."""
    kind = event.get("type")
    delta: Json = {}
    if kind == "content" and event.get("content") is not None:
        delta["content"] = event["content"]
    reason = None
    if kind == "complete":
        message = event.get("message")
        metadata = message_metadata(cast("Json", message)) if isinstance(message, dict) else {}
        reason = metadata.get("finishReason")
        if not _is_finish_reason(reason):
            reason = "stop"
    return delta, {"index": 0, "delta": delta, "finish_reason": reason}
