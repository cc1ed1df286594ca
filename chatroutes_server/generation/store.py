"""The transactions of a turn: one when its request arrives, one before the reply, one after it.

`check_request` changes nothing. It finds the branch, and the stored response of a repeated request.
When the turn begins, `prepare_generation` stores the user's message and a pending reply, which holds
the reply's id and parameters. `store_reply` stores the reply. A crash in between loses neither: the
next start or a retry generates the same reply again. An upstream would return a different reply, so
that reply starts again under a new id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import zip_longest

from chatroutes_server.errors import ConflictError
from chatroutes_server.generation.chunk_list import ChunkList
from chatroutes_server.generation.context import build_context
from chatroutes_server.generation.cursor import EventId
from chatroutes_server.generation.generation import Generation
from chatroutes_server.ids import new_id
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.llm.builtin import split_words
from chatroutes_server.llm.model import Context, Model, ReplyStream, Usage
from chatroutes_server.llm.registry import ModelRegistry
from chatroutes_server.store import (
    accounts,
    branches,
    conversations,
    idempotency,
    message_rows,
    messages,
    pending_replies,
)
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.store.idempotency import IdempotentRequest, StoredResponse
from chatroutes_server.timestamps import to_unix_seconds
from chatroutes_server.tokens import count_tokens


@dataclass(frozen=True)
class GenerationRequest:
    """A request to send a message.

    With `user_message_id`, the message is already stored, and only its reply is generated.
    """

    user_id: str
    conversation_id: str
    branch_id: str | None
    content: str
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    idempotent_request: IdempotentRequest | None = None
    user_message_id: str | None = None
    last_event_id: EventId | None = None
    request_id: str | None = None  # for the log


@dataclass(frozen=True)
class CheckedRequest:
    """What a request refers to. `user_message` is None if it is not stored yet."""

    conversation: Row
    branch: Row
    user_message: Row | None
    pending: Row | None
    model_name: str
    model: Model
    reply_id: str


@dataclass(frozen=True)
class PreparedGeneration:
    """A generation whose user's message is stored."""

    request: GenerationRequest
    branch_id: str
    user_message: Json
    reply_id: str
    created: int  # seconds since 1970
    model: Model
    context: Context
    warning: str | None  # about the model
    prompt_tokens: int
    truncated: bool
    checkpoint_used: bool

    @property
    def user_message_id(self) -> str:
        return str(self.user_message["id"])


def check_request(
    connection: Connection,
    request: GenerationRequest,
    models: ModelRegistry,
    *,
    read_only: bool = True,
) -> CheckedRequest | StoredResponse:
    """Return what the request refers to, or the stored response of an earlier attempt.

    Raises:
        ApiError: If the request is rejected.
    """
    idempotent = request.idempotent_request
    record = (
        None
        if idempotent is None
        else idempotency.find(connection, idempotent, read_only=read_only)
    )
    if record is not None and record.response is not None:
        return record.response
    conversation = conversations.get(connection, request.conversation_id)
    user_message_id = request.user_message_id if record is None else record.user_message_id
    if user_message_id is None:
        user_message, pending = None, None
        branch = branches.get(connection, request.conversation_id, request.branch_id)
    else:
        user_message = messages.get(connection, user_message_id)
        pending = pending_replies.find(connection, user_message_id)
        branch = branches.get(connection, request.conversation_id, user_message.branch_id)
    if request.user_message_id is not None and pending is None:
        raise ConflictError("another process has stored the reply")
    branches.require_active(branch)
    model_name = (request.model or conversation.model) if pending is None else pending.model
    models.require_served(model_name)
    model = models.get(model_name)
    # Another server may be generating the pending reply.
    is_shared = read_only and bool(connection.sql.lock_conversation)
    keeps_id = pending is not None and (model.deterministic or is_shared)
    reply_id = pending.reply_id if pending is not None and keeps_id else new_id("msg")
    if request.last_event_id is not None:
        request.last_event_id.require_reply(reply_id)
    return CheckedRequest(conversation, branch, user_message, pending, model_name, model, reply_id)


def prepare_generation(
    connection: Connection, request: GenerationRequest, models: ModelRegistry
) -> PreparedGeneration | StoredResponse:
    """Store the user's message and the pending reply.

    A retry finds the stored message, or the stored response.
    """
    accounts.lock_conversation(connection, {"conversationId": request.conversation_id})
    checked = check_request(connection, request, models, read_only=False)
    if isinstance(checked, StoredResponse):
        return checked
    conversation, branch, pending = checked.conversation, checked.branch, checked.pending
    user_message, reply_id = checked.user_message, checked.reply_id
    if user_message is None:
        user_message = messages.create(connection, branch, "user", request.content)
        if request.idempotent_request is not None:
            idempotency.start(connection, request.idempotent_request, user_message.id)
    else:
        moved = _move_to_end(connection, branch, user_message)
        if moved.id != user_message.id:
            # With another context, the text may differ from the one that was sent. Only servers that
            # share a database can have replied to other messages meanwhile.
            if connection.sql.lock_conversation:
                reply_id = new_id("msg")
            if request.last_event_id is not None:
                raise ConflictError(
                    "Last-Event-ID: other messages followed, so the reply is generated again; "
                    "start again without Last-Event-ID"
                )
        user_message = moved
    if pending is None:
        temperature = (
            conversation.temperature if request.temperature is None else request.temperature
        )
        max_tokens = conversation.max_tokens if request.max_tokens is None else request.max_tokens
        pending_replies.create(
            connection,
            request.user_id,
            user_message.id,
            reply_id,
            checked.model_name,
            temperature,
            max_tokens,
        )
    else:
        temperature, max_tokens = pending.temperature, pending.max_tokens
        pending_replies.set_reply_id(connection, user_message.id, reply_id)
    assembled = build_context(connection, branch, user_message.seq)
    system_prompt = conversation.system_prompt or None
    return PreparedGeneration(
        request=request,
        branch_id=branch.id,
        user_message=message_rows.to_payload(user_message, assembled.parent_id),
        reply_id=reply_id,
        created=user_message.created_at // 1000,
        model=checked.model,
        context=Context(
            checked.model_name,
            assembled.messages,
            system_prompt,
            temperature,
            max_tokens,
            conversation_id=conversation.id,
            branch_id=branch.id,
            message_id=user_message.id,
            parent_id=assembled.parent_id,
            fork_point=assembled.fork_point,
        ),
        warning=models.warn_if_unknown(checked.model_name),
        prompt_tokens=assembled.tokens + count_tokens(system_prompt or ""),
        truncated=assembled.truncated,
        checkpoint_used=assembled.checkpoint_used,
    )


def _move_to_end(connection: Connection, branch: Row, user_message: Row) -> Row:
    """Move a message without a reply behind the messages that followed it, so that its reply follows it.

    The message gets a new id. It stays in its place if a branch starts at it.
    """
    last = messages.find_last_visible(connection, branch.id)
    if (last is not None and last.id == user_message.id) or branches.starts_at(
        connection, user_message
    ):
        return user_message
    moved = messages.create(connection, branch, "user", user_message.content)
    messages.delete(connection, user_message.id)
    idempotency.change_message(connection, user_message.id, moved.id)
    pending_replies.change_message(connection, user_message.id, moved.id)
    return moved


def store_reply(
    connection: Connection,
    prepared: PreparedGeneration,
    chunks: ChunkList,
    reply: ReplyStream,
    finish_reason: str,
    response_time: int,
) -> Json:
    """Store the reply, and return the `data` of the response.

    If another process has stored the reply first, return that reply.
    """
    request, idempotent = prepared.request, prepared.request.idempotent_request
    accounts.lock_conversation(connection, {"conversationId": request.conversation_id})
    branch = branches.get(connection, request.conversation_id, prepared.branch_id)
    stored = None if idempotent is None else idempotency.find_response(connection, idempotent)
    if stored is not None:
        data: Json = json.loads(stored.body)["data"]
        return data
    if pending_replies.delete(connection, prepared.user_message_id, prepared.reply_id):
        row: Row | None = messages.create(
            connection,
            branch,
            "assistant",
            "".join(chunks),
            message_id=prepared.reply_id,
            metadata=_metadata(prepared, reply, finish_reason, response_time),
        )
    else:
        row = messages.find(connection, prepared.reply_id)
    if row is None:
        raise ConflictError("another process on this database is generating this reply again")
    data = _response_data(
        prepared, reply.usage, messages.to_payload(connection, row), row.token_count
    )
    if idempotent is not None:
        words = split_words(row.content)
        chunks_are_words = all(pair[0] == pair[1] for pair in zip_longest(chunks, words))
        lengths = None if chunks_are_words else [len(chunk) for chunk in chunks]
        body = dump_json({"success": True, "data": data})
        idempotency.complete(connection, idempotent, StoredResponse(200, body, lengths))
    return data


def replay(response: StoredResponse, generation: Generation) -> None:
    """Finish a generation with a stored response and its original chunks."""
    data: Json = json.loads(response.body)["data"]
    content: str = data["message"]["content"]
    created = to_unix_seconds(data["userMessage"]["createdAt"])
    generation.reply_id, generation.model = data["message"]["id"], data["model"]
    generation.created = created
    if response.chunk_lengths is None:
        for word in split_words(content):
            generation.chunks.append(word)
    else:
        end = 0
        for length in response.chunk_lengths:
            generation.chunks.append(content[end : end + length])
            end += length
    generation.result = data
    generation.replayed = True


def _metadata(
    prepared: PreparedGeneration, reply: ReplyStream, finish_reason: str, response_time: int
) -> Json:
    metadata: Json = {
        "model": prepared.context.model,
        "responseTime": response_time,
        "finishReason": finish_reason,
        "context_truncated": prepared.truncated,
        "checkpoint_used": prepared.checkpoint_used,
        "prompt_tokens": (
            prepared.prompt_tokens if reply.usage is None else reply.usage.prompt_tokens
        ),
        "context_message_count": len(prepared.context.messages),
    }
    if reply.cost is not None:
        metadata["cost"] = reply.cost
    if prepared.warning is not None:
        metadata["warning"] = prepared.warning
    if prepared.context.temperature is not None:
        metadata["temperature"] = prepared.context.temperature
    if prepared.context.max_tokens is not None:
        metadata["maxTokens"] = prepared.context.max_tokens
    return metadata


def _response_data(
    prepared: PreparedGeneration, usage: Usage | None, reply: Json, tokens: int
) -> Json:
    used = Usage(prepared.prompt_tokens, tokens) if usage is None else usage
    payload: Json = {
        "promptTokens": used.prompt_tokens,
        "completionTokens": used.completion_tokens,
        "totalTokens": used.prompt_tokens + used.completion_tokens,
    }
    # The tokens of the built-in model are those of the server.
    if usage is None and not prepared.model.deterministic:
        payload["estimated"] = True
    return {
        "userMessage": prepared.user_message,
        "assistantMessage": reply,
        "message": reply,
        "usage": payload,
        "model": prepared.context.model,
    }
