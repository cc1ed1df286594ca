"""Raw and streaming responses, results and errors that type checkers accept; never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_type

import httpx

from chatroutes import (
    AsyncChatRoutes,
    AsyncMessageStream,
    AsyncStreamingResponse,
    Branch,
    ChatRoutes,
    ChatRoutesError,
    Checkpoint,
    Conversation,
    ConversationTree,
    FlatTreeNode,
    Message,
    MessageMetadata,
    MessageStream,
    Model,
    PaginatedResponse,
    RateLimitError,
    RawResponse,
    RequestOptions,
    SendMessageResponse,
    StreamingResponse,
    StreamInterruptedError,
    SuggestBranchesResponse,
    TreeMetadata,
    TreeNode,
    Usage,
    models,
    request_id,
)


def raw_responses(client: ChatRoutes, options: RequestOptions) -> None:
    conversations = client.conversations.with_raw_response
    assert_type(conversations.create({"title": "T"}), RawResponse[Conversation])
    assert_type(conversations.create({"title": "T"}).parse(), Conversation)
    assert_type(conversations.list({"page": 2}, **options).parse(), PaginatedResponse)
    assert_type(conversations.get_tree("c", deadline=5).parse(), ConversationTree)
    no_result: None
    no_result = conversations.delete("c").parse()
    assert_type(no_result, None)
    messages = client.messages.with_raw_response
    assert_type(messages.send("c", {"content": "Hi"}).parse(), SendMessageResponse)
    assert_type(messages.list("c", branch_id="b").parse(), list[Message])
    assert_type(client.branches.with_raw_response.merge("c", "b").parse(), Branch)
    assert_type(client.checkpoints.with_raw_response.list("c").parse(), list[Checkpoint])
    suggestions = client.autobranch.with_raw_response.analyze_text("t", 5, threshold=0.5)
    assert_type(suggestions.parse(), SuggestBranchesResponse)
    response = client.models.with_raw_response.list()
    assert_type(response.parse(), list[Model])
    assert_type(response.status_code, int)
    assert_type(response.headers, httpx.Headers)
    assert_type(response.request_id, str | None)
    assert_type(response.retries_taken, int)
    assert_type(response.elapsed, timedelta)
    assert_type(response.content, bytes)
    assert_type(response.text, str)
    assert_type(response.http_response, httpx.Response)


def streaming_responses(client: ChatRoutes) -> None:
    with client.conversations.with_streaming_response.get("c", timeout=5) as response:
        assert_type(response, StreamingResponse[Conversation])
        assert_type(response.parse(), Conversation)
        assert_type(response.read(), bytes)
        assert_type(response.text(), str)
        assert_type(response.status_code, int)
        for piece in response.iter_bytes():
            assert_type(piece, bytes)
        for line in response.iter_lines():
            assert_type(line, str)
    messages = client.messages.with_streaming_response
    with messages.stream("c", {"content": "Hi"}, first_event_timeout=5) as streaming:
        assert_type(streaming, StreamingResponse[MessageStream])
        assert_type(streaming.parse(), MessageStream)


def request_ids(client: ChatRoutes) -> None:
    assert_type(request_id(client.conversations.get("c")), str | None)
    assert_type(request_id(client.messages.list("c")), str | None)


def result_fields(client: ChatRoutes) -> None:
    response = client.messages.send("c", {"content": "Hi"})
    assert_type(response["userMessage"], Message)
    assert_type(response["assistantMessage"]["createdAt"], str)
    assert_type(response.get("usage"), Usage | None)
    assert_type(response.get("model"), str | None)
    assert_type(response["assistantMessage"].get("metadata"), MessageMetadata | None)
    tree = client.conversations.get_tree("c")
    assert_type(tree["tree"], TreeNode)
    assert_type(tree["tree"]["children"], list[TreeNode])
    assert_type(tree["metadata"], TreeMetadata)
    if "nodes" in tree:
        assert_type(tree["nodes"], list[FlatTreeNode])
        assert_type(tree["nodes"][0]["parentId"], str | None)
    assert_type(tree["conversation"].get("branches", []), list[Branch])
    conversation = models.Conversation.from_dict(client.conversations.get("c"))
    assert_type(conversation, models.Conversation)
    assert_type(conversation.created_at, datetime)
    assert_type(models.Message.from_dict(response["userMessage"]).content, str)


def errors(client: ChatRoutes) -> None:
    try:
        client.conversations.get("c")
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except StreamInterruptedError as error:
        assert_type(error.partial_content, str | None)
    except ChatRoutesError as error:
        assert_type(error.message, str)
        assert_type(error.status_code, int | None)
        assert_type(error.code, str | None)
        assert_type(error.details, object)
        assert_type(error.request_id, str | None)
        assert_type(error.partial_content, str | None)
        assert_type(error.headers, Mapping[str, str])
        assert_type(error.body, str | None)


async def async_responses(client: AsyncChatRoutes) -> None:
    conversations = client.conversations.with_raw_response
    response = await conversations.create({"title": "T"})
    assert_type(response, RawResponse[Conversation])
    assert_type(response.parse(), Conversation)
    no_result: None
    no_result = (await conversations.delete("c")).parse()
    assert_type(no_result, None)
    async with client.branches.with_streaming_response.list("c", deadline=5) as opened:
        assert_type(opened, AsyncStreamingResponse[list[Branch]])
        assert_type(await opened.parse(), list[Branch])
        async for line in opened.iter_lines():
            assert_type(line, str)
    async with client.messages.with_streaming_response.stream("c", {"content": "Hi"}) as streaming:
        assert_type(await streaming.parse(), AsyncMessageStream)
