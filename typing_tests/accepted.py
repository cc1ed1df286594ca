"""Programs that type checkers accept, and the types of all results; never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing, closing
from typing import Any, assert_type

import httpx

from chatroutes import (
    AsyncChatRoutes,
    AsyncMessageStream,
    Branch,
    ChatRoutes,
    ChatRoutesError,
    Checkpoint,
    CompletedMessage,
    ContextMode,
    Conversation,
    ConversationTree,
    CreateBranchRequest,
    CreateConversationRequest,
    DoneEvent,
    ErrorEvent,
    HealthResponse,
    ListConversationsParams,
    Message,
    MessageStream,
    Model,
    NotFoundError,
    PaginatedResponse,
    RateLimitError,
    ReplyEvent,
    RequestOptions,
    SendMessageRequest,
    SendMessageResponse,
    StreamChunk,
    SuggestBranchesResponse,
    TextEvent,
    UnknownEvent,
    Usage,
    UsageEvent,
)


def conversations(client: ChatRoutes) -> None:
    data: CreateConversationRequest = {"title": "T", "model": None, "temperature": 1}
    params: ListConversationsParams = {"page": 1, "limit": 10, "filter": "owned"}
    assert_type(client.conversations.create(data), Conversation)
    assert_type(client.conversations.create({"title": "T", "maxTokens": 9}), Conversation)
    assert_type(client.conversations.list(), PaginatedResponse)
    assert_type(client.conversations.list(params), PaginatedResponse)
    assert_type(client.conversations.list({"page": 2})["data"], list[Conversation])
    assert_type(client.conversations.list()["hasNext"], bool)
    assert_type(client.conversations.get("c"), Conversation)
    assert_type(client.conversations.update("c", {"title": "T"}), Conversation)
    assert_type(client.conversations.get_tree("c"), ConversationTree)
    no_result: None
    no_result = client.conversations.delete("c")  # type: ignore[func-returns-value]
    assert_type(no_result, None)
    for conversation in client.conversations.iterate(params):
        assert_type(conversation, Conversation)
    iterator: Iterator[Conversation] = client.conversations.iterate()
    assert_type(next(iterator)["title"], str)


def messages(client: ChatRoutes) -> None:
    data: SendMessageRequest = {"content": "Hi", "branchId": "b", "temperature": 0.7}
    assert_type(client.messages.send("c", data), SendMessageResponse)
    assert_type(client.messages.list("c"), list[Message])
    assert_type(client.messages.list("c", branch_id="b"), list[Message])
    for message in client.messages.iterate("c", "b", limit=50):
        assert_type(message, Message)
    iterator: Iterator[Message] = client.branches.iterate_messages("c", "b")
    assert_type(next(iterator)["content"], str)
    assert_type(next(iterator).get("parentMessageId"), str | None)
    assert_type(client.messages.update("m", "new"), Message)
    no_result: None
    no_result = client.messages.delete("m")  # type: ignore[func-returns-value]
    assert_type(no_result, None)


def on_chunk(chunk: StreamChunk) -> None:
    assert_type(chunk["choices"][0]["delta"].get("content"), str | None)


def on_complete(response: SendMessageResponse) -> int:
    return len(response["assistantMessage"]["content"])


def on_message(message: Message) -> None:
    assert_type(message["id"], str)


def on_both(completed: CompletedMessage) -> None:
    assert_type(completed["id"], str)
    assert_type(completed["userMessage"], Message)


def earlier_releases(client: ChatRoutes) -> None:
    assert_type(client.base_url, str)
    assert_type(client.api_key, str)
    assert_type(ChatRoutes("k", "https://example.com", 30, 3, 1.0, None), ChatRoutes)
    tree = client.conversations.get_tree("c")
    if "branches" in tree:
        assert_type(tree["branches"][0]["branch"], Branch)
    error: NotFoundError | RateLimitError = NotFoundError()
    error = RateLimitError("Slow down.", 5, {"limit": 60})
    assert_type(error.retry_after, float | None)
    assert_type(ChatRoutesError("m", 404, "X").status_code, int | None)


def handle_event(event: ReplyEvent) -> None:
    if event.type == "text":
        assert_type(event, TextEvent)
        assert_type(event.text, str)
    elif event.type == "usage":
        assert_type(event.usage, Usage)
    elif event.type == "error":
        assert_type(event.error, ChatRoutesError)
    elif event.type == "done":
        assert_type(event.response, SendMessageResponse)
        assert_type(event.finish_reason, str | None)
    else:
        assert_type(event, UnknownEvent)
        assert_type(event.name, str)
    match event:
        case TextEvent(text=text):
            assert_type(text, str)
        case DoneEvent() | ErrorEvent() | UsageEvent() | UnknownEvent():
            pass


def streams(client: ChatRoutes) -> None:
    assert_type(client.messages.stream("c", {"content": "Hi"}), MessageStream)
    no_result: None
    no_result = client.messages.stream("c", {"content": "Hi"}, on_chunk)
    no_result = client.messages.stream("c", {"content": "Hi"}, on_chunk, on_complete)
    no_result = client.messages.stream("c", {"content": "Hi"}, on_complete=on_complete)
    no_result = client.messages.stream("c", {"content": "Hi"}, on_complete=on_message)
    assert_type(no_result, None)
    client.messages.stream("c", {"content": "Hi"}, on_chunk=lambda chunk: chunk["id"])
    with client.messages.stream("c", {"content": "Hi"}) as stream:
        assert_type(stream, MessageStream)
        for chunk in stream:
            assert_type(chunk, StreamChunk)
            assert_type(chunk["model"], str)
            assert_type(chunk["created"], int)
        for text in stream.text_stream:
            assert_type(text, str)
    assert_type(stream.get_final_response(), SendMessageResponse)
    assert_type(stream.get_final_text(), str)
    assert_type(stream.text, str)
    assert_type(stream.usage, Usage | None)
    assert_type(stream.model, str | None)
    assert_type(stream.finish_reason, str | None)
    assert_type(stream.response_id, str | None)
    assert_type(stream.resumed, int)
    if stream.status == "stopped":
        assert_type(stream.stop(), SendMessageResponse)
    for event in stream.events():
        assert_type(event, ReplyEvent)
        handle_event(event)
    with closing(stream.events()) as events, closing(stream):
        assert_type(next(events), ReplyEvent)
    chunks: Iterator[StreamChunk] = iter(stream)
    assert_type(next(chunks), StreamChunk)


def optional_callbacks(
    client: ChatRoutes,
    chunks: Callable[[StreamChunk], None] | None,
    complete: Callable[[CompletedMessage], None] | None,
) -> None:
    stream = client.messages.stream
    assert_type(stream("c", {"content": "Hi"}, None), MessageStream)
    assert_type(stream("c", {"content": "Hi"}, on_complete=None), MessageStream)
    assert_type(stream("c", {"content": "Hi"}, None, None, timeout=5), MessageStream)
    assert_type(stream("c", {"content": "Hi"}, chunks), MessageStream | None)
    assert_type(stream("c", {"content": "Hi"}, chunks, complete), MessageStream | None)
    assert_type(stream("c", {"content": "Hi"}, on_complete=complete), MessageStream | None)
    no_result: None
    no_result = stream("c", {"content": "Hi"}, None, on_complete)
    no_result = stream("c", {"content": "Hi"}, on_chunk, complete)
    no_result = stream("c", {"content": "Hi"}, chunks, on_complete)
    no_result = stream("c", {"content": "Hi"}, on_chunk=chunks, on_complete=on_complete)
    assert_type(no_result, None)


def branches(client: ChatRoutes) -> None:
    mode: ContextMode = "PARTIAL"
    data: CreateBranchRequest = {"title": "T", "baseNodeId": "m", "contextMode": mode}
    assert_type(client.branches.list("c"), list[Branch])
    assert_type(next(client.branches.iterate("c")), Branch)
    assert_type(client.branches.create("c", data), Branch)
    assert_type(client.branches.fork("c", {"forkPointMessageId": "m", "title": "T"}), Branch)
    assert_type(client.branches.update("c", "b", {"contextMode": "MINIMAL"}), Branch)
    assert_type(client.branches.get_messages("c", "b"), list[Message])
    assert_type(client.branches.send_message("c", "b", {"content": "Hi"}), SendMessageResponse)
    assert_type(client.branches.merge("c", "b"), Branch)
    no_result: None
    no_result = client.branches.delete("c", "b")  # type: ignore[func-returns-value]
    assert_type(no_result, None)


def other_resources(client: ChatRoutes) -> None:
    assert_type(client.checkpoints.list("c"), list[Checkpoint])
    assert_type(next(client.checkpoints.iterate("c", "b", limit=2)), Checkpoint)
    assert_type(client.checkpoints.create("c", "b", "m"), Checkpoint)
    assert_type(client.checkpoints.recreate("p"), Checkpoint)
    no_result: None
    no_result = client.checkpoints.delete("p")  # type: ignore[func-returns-value]
    assert_type(no_result, None)
    assert_type(client.autobranch.suggest_branches("t", threshold=0.5), SuggestBranchesResponse)
    assert_type(client.autobranch.analyze_text("t", 5), SuggestBranchesResponse)
    assert_type(client.autobranch.health(), HealthResponse)
    assert_type(client.models.list(), list[Model])
    assert_type(client.request("GET", "/x", params={"a": 1}, json={"b": []}), httpx.Response)
    assert_type(client.with_options(timeout=None, headers={"a": "b"}), ChatRoutes)
    assert_type(client.with_options(retry_attempts=0).messages.list("c"), list[Message])
    assert_type(client.with_options(timeout=httpx.Timeout(5), retry_delay=2), ChatRoutes)
    assert_type(client.with_options(deadline=None, first_event_timeout=60), ChatRoutes)


def options_of_a_call(client: ChatRoutes, options: RequestOptions) -> None:
    assert_type(client.conversations.get("c", timeout=None, deadline=5), Conversation)
    assert_type(client.conversations.list(retry_attempts=0, headers={"a": "b"}), PaginatedResponse)
    assert_type(client.messages.send("c", {"content": "Hi"}, **options), SendMessageResponse)
    assert_type(client.models.list(timeout=httpx.Timeout(5)), list[Model])
    stream = client.messages.stream("c", {"content": "Hi"}, first_event_timeout=60, **options)
    assert_type(stream, MessageStream)
    assert_type(client.request("POST", "/x", idempotency_key="k"), httpx.Response)
    for message in client.messages.iterate("c", limit=5, deadline=5):
        assert_type(message, Message)
    with ChatRoutes("key", http_client=httpx.Client(), headers={"a": "b"}) as inner:
        assert_type(inner, ChatRoutes)
    ChatRoutes(timeout=httpx.Timeout(5)).close()
    ChatRoutes(transport="fast").close()


async def async_conversations(client: AsyncChatRoutes) -> None:
    assert_type(await client.conversations.create({"title": "T"}), Conversation)
    assert_type(await client.conversations.list(), PaginatedResponse)
    assert_type(await client.conversations.get("c"), Conversation)
    assert_type(await client.conversations.update("c", {"title": "T"}), Conversation)
    assert_type(await client.conversations.get_tree("c"), ConversationTree)
    no_result: None
    no_result = await client.conversations.delete("c")  # type: ignore[func-returns-value]
    assert_type(no_result, None)
    async for conversation in client.conversations.iterate({"limit": 50}):
        assert_type(conversation, Conversation)
    iterator: AsyncIterator[Conversation] = client.conversations.iterate()
    assert_type((await iterator.__anext__())["title"], str)


async def async_messages(client: AsyncChatRoutes) -> None:
    assert_type(await client.messages.send("c", {"content": "Hi"}), SendMessageResponse)
    assert_type(await client.messages.list("c"), list[Message])
    async for message in client.messages.iterate("c"):
        assert_type(message, Message)
    iterator: AsyncIterator[Branch] = client.branches.iterate("c")
    assert_type(await anext(iterator), Branch)
    assert_type(await client.messages.update("m", "new"), Message)
    no_result: None
    no_result = await client.messages.delete("m")  # type: ignore[func-returns-value]
    assert_type(no_result, None)


async def async_on_chunk(chunk: StreamChunk) -> None:
    assert_type(chunk["choices"][0].get("finish_reason"), str | None)


async def async_streams(client: AsyncChatRoutes) -> None:
    assert_type(client.messages.stream("c", {"content": "Hi"}, None), AsyncMessageStream)
    coroutine: Coroutine[Any, Any, None]
    coroutine = client.messages.stream("c", {"content": "Hi"}, None, on_complete)
    await coroutine
    assert_type(client.messages.stream("c", {"content": "Hi"}), AsyncMessageStream)
    no_result: None
    no_result = await client.messages.stream("c", {"content": "Hi"}, on_chunk)  # type: ignore[func-returns-value]
    no_result = await client.messages.stream(  # type: ignore[func-returns-value]
        "c", {"content": "Hi"}, async_on_chunk, on_complete
    )
    no_result = await client.messages.stream(  # type: ignore[func-returns-value]
        "c", {"content": "Hi"}, on_complete=on_complete
    )
    assert_type(no_result, None)
    async with client.messages.stream("c", {"content": "Hi"}) as stream:
        assert_type(stream, AsyncMessageStream)
        async for chunk in stream:
            assert_type(chunk, StreamChunk)
        async for text in stream.text_stream:
            assert_type(text, str)
    assert_type(await stream.get_final_response(), SendMessageResponse)
    assert_type(await stream.get_final_text(), str)
    assert_type(stream.text, str)
    assert_type(await stream.stop(), SendMessageResponse)
    async with aclosing(stream), aclosing(stream.events()) as events:
        async for event in events:
            handle_event(event)


async def async_branches(client: AsyncChatRoutes) -> None:
    data: SendMessageRequest = {"content": "Hi"}
    assert_type(await client.branches.list("c"), list[Branch])
    assert_type(await client.branches.create("c", {"title": "T"}), Branch)
    assert_type(await client.branches.fork("c", {"forkPointMessageId": "m", "title": "T"}), Branch)
    assert_type(await client.branches.update("c", "b", {"title": "T"}), Branch)
    assert_type(await client.branches.get_messages("c", "b"), list[Message])
    assert_type(await client.branches.send_message("c", "b", data), SendMessageResponse)
    assert_type(await client.branches.merge("c", "b"), Branch)
    no_result: None
    no_result = await client.branches.delete("c", "b")  # type: ignore[func-returns-value]
    assert_type(no_result, None)


async def async_other_resources(client: AsyncChatRoutes) -> None:
    assert_type(await client.checkpoints.list("c", "b"), list[Checkpoint])
    assert_type(await client.checkpoints.create("c", "b", "m"), Checkpoint)
    assert_type(await client.checkpoints.recreate("p"), Checkpoint)
    no_result: None
    no_result = await client.checkpoints.delete("p")  # type: ignore[func-returns-value]
    assert_type(no_result, None)
    assert_type(await client.autobranch.suggest_branches("t"), SuggestBranchesResponse)
    assert_type(await client.autobranch.analyze_text("t"), SuggestBranchesResponse)
    assert_type(await client.autobranch.health(), HealthResponse)
    assert_type(await client.models.list(), list[Model])
    assert_type(await client.request("GET", "/x"), httpx.Response)
    assert_type(client.with_options(timeout=120), AsyncChatRoutes)
    async with AsyncChatRoutes("key", http_client=httpx.AsyncClient()) as inner:
        assert_type(inner, AsyncChatRoutes)
    await client.close()
