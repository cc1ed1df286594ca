"""What is stored of a turn: the message that opens it, and the reply that closes it.

Each is one transaction. Between them the reply stands on the list of pending ones, under the id
that it will have and with all that it depends on, so that a crash loses neither message nor reply:
whoever goes on from there, a start or another try, writes the same reply again. A model elsewhere
would not repeat itself; its reply begins anew, and under a new id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from chatroutes_server.api import serializers as wire
from chatroutes_server.errors import ConflictError
from chatroutes_server.generation import context
from chatroutes_server.generation.cursor import Place
from chatroutes_server.generation.generation import Turn
from chatroutes_server.ids import new_id
from chatroutes_server.llm.builtin import Context, Model, words
from chatroutes_server.llm.registry import Catalogue
from chatroutes_server.llm.tokens import count_tokens
from chatroutes_server.store import branches, conversations, messages
from chatroutes_server.store import idempotency as first_tries
from chatroutes_server.store import pending_replies as pending
from chatroutes_server.store.idempotency import Answer, Try
from chatroutes_server.timestamps import seconds


@dataclass(frozen=True)
class Ask:
    """One request to send a message, or (with `user_message_id`) to answer one that is stored."""

    user_id: str
    conversation_id: str
    branch_id: str | None
    content: str
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    first_try: Try | None = None
    user_message_id: str | None = None
    after: Place | None = None
    reader_left: Callable[[], Coroutine[Any, Any, None]] | None = None


@dataclass(frozen=True)
class Opening:
    """What is fixed when the user's message has been stored."""

    ask: Ask
    branch_id: str
    user_message: wire.Json
    reply_id: str
    created: int  # seconds since 1970
    model: Model
    context: Context
    prompt_tokens: int
    truncated: bool
    checkpoint_used: bool

    @property
    def user_message_id(self) -> str:
        return str(self.user_message["id"])


def open_turn(connection: Connection, ask: Ask, catalogue: Catalogue) -> Opening | Turn:
    """Store the user's message, or find it; a request that was answered gives its turn again."""
    found = None if ask.first_try is None else first_tries.find(connection, ask.first_try)
    if found is not None and found.answer is not None:
        return replay(found.answer)
    conversation = conversations.get(connection, ask.conversation_id)
    user_message_id = ask.user_message_id if found is None else found.user_message_id
    begun = None if user_message_id is None else pending.get(connection, user_message_id)
    if begun is None:
        model_name = ask.model or conversation.model
        temperature = conversation.temperature if ask.temperature is None else ask.temperature
        max_tokens = conversation.max_tokens if ask.max_tokens is None else ask.max_tokens
    else:
        model_name, temperature, max_tokens = begun.model, begun.temperature, begun.max_tokens
    catalogue.check(model_name)
    model = catalogue.named(model_name)
    reply_id = begun.reply_id if begun is not None and model.repeatable else new_id("msg")
    if ask.after is not None:
        ask.after.refuse_other_reply(reply_id)
    if user_message_id is None:
        branch = branches.get(connection, ask.conversation_id, ask.branch_id)
        branches.refuse_inactive(branch)
        user = messages.add(connection, branch, "user", ask.content)
        if ask.first_try is not None:
            first_tries.begin(connection, ask.first_try, user.id)
    else:
        user = messages.get(connection, user_message_id)
        branch = branches.get(connection, ask.conversation_id, user.branch_id)
    if begun is None:
        pending.begin(
            connection, ask.user_id, user.id, reply_id, model_name, temperature, max_tokens
        )
    else:
        pending.rename(connection, user.id, reply_id)
    given = context.assemble(connection, branch, user.seq)
    system_prompt = conversation.system_prompt or None
    return Opening(
        ask=ask,
        branch_id=branch.id,
        user_message=wire.message(user),
        reply_id=reply_id,
        created=user.created_at // 1000,
        model=model,
        context=Context(model_name, given.messages, system_prompt, temperature, max_tokens),
        prompt_tokens=given.tokens + count_tokens(system_prompt or ""),
        truncated=given.truncated,
        checkpoint_used=given.checkpoint_used,
    )


def close_turn(
    connection: Connection,
    opening: Opening,
    pieces: list[str],
    finish_reason: str,
    response_time: int,
) -> wire.Json:
    """Store the reply and give the answer's `data`; if another process was faster, its reply."""
    ask = opening.ask
    branch = branches.get(connection, ask.conversation_id, opening.branch_id)
    found = None if ask.first_try is None else first_tries.find(connection, ask.first_try)
    if found is not None and found.answer is not None:
        data: wire.Json = json.loads(found.answer.text)["data"]
        return data
    if pending.end(connection, opening.user_message_id, opening.reply_id):
        row: Row[Any] | None = messages.add(
            connection,
            branch,
            "assistant",
            "".join(pieces),
            message_id=opening.reply_id,
            metadata=_metadata(opening, finish_reason, response_time),
        )
    else:
        row = messages.find(connection, opening.reply_id)
    if row is None:
        raise ConflictError("the reply was begun anew by another process on this database")
    data = _answer(opening, row)
    if ask.first_try is not None:
        text = wire.dump({"success": True, "data": data})
        usual = pieces == list(words(row.content))
        lengths = None if usual else [len(piece) for piece in pieces]
        first_tries.finish(connection, ask.first_try, Answer(200, text, lengths))
    return data


def _metadata(opening: Opening, finish_reason: str, response_time: int) -> wire.Json:
    metadata: wire.Json = {
        "model": opening.context.model,
        "responseTime": response_time,
        "finishReason": finish_reason,
        "cost": 0,
        "context_truncated": opening.truncated,
        "checkpoint_used": opening.checkpoint_used,
        "prompt_tokens": opening.prompt_tokens,
        "context_message_count": len(opening.context.messages),
    }
    if opening.context.temperature is not None:
        metadata["temperature"] = opening.context.temperature
    if opening.context.max_tokens is not None:
        metadata["maxTokens"] = opening.context.max_tokens
    return metadata


def _answer(opening: Opening, row: Row[Any]) -> wire.Json:
    assistant = wire.message(row)
    return {
        "userMessage": opening.user_message,
        "assistantMessage": assistant,
        "message": assistant,
        "usage": {
            "promptTokens": opening.prompt_tokens,
            "completionTokens": row.token_count,
            "totalTokens": opening.prompt_tokens + row.token_count,
        },
        "model": opening.context.model,
    }


def replay(answer: Answer) -> Turn:
    """Make the turn of a stored reply, in the pieces in which it was written."""
    data: wire.Json = json.loads(answer.text)["data"]
    content: str = data["message"]["content"]
    turn = Turn(data["message"]["id"], data["model"], seconds(data["userMessage"]["createdAt"]))
    if answer.piece_lengths is None:
        turn.pieces.extend(words(content))
    else:
        end = 0
        for length in answer.piece_lengths:
            turn.pieces.append(content[end : end + length])
            end += length
    turn.result = data
    return turn
