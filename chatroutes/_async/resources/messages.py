"""The messages of a conversation."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Unpack, overload

from chatroutes_wire.api.messages import delete_message, list_messages, send_message, update_message

from ... import _lazy_types as types
from ..._concurrency import AsyncCallbackResult, validate_callback_async
from ..._lazy_properties import resource_property
from ..._normalize import normalize_sent
from .. import resources
from ..pagination import AsyncPageIterator
from ..requestor import AsyncRequestor
from ..stream import AsyncMessageStream
from ..stream_consumers import run_callbacks


class AsyncMessages:
    """Send, stream, list, update and delete messages."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.AsyncMessagesWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.AsyncMessagesWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.AsyncMessagesWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `AsyncStreamingResponse`."""
        return resources.AsyncMessagesWithStreamingResponse(self)

    async def send(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.SendMessageResponse:
        """Send a message and wait for the whole reply (`sendMessage`).

        Args:
            conversation_id: The id of the conversation.
            data: A dict with `content`. Optional: `model`, `temperature` (0 to 2), `maxTokens`
                (longest reply, in tokens) and `branchId` (default: the main branch).

        Returns:
            `userMessage` and `assistantMessage`, and `message` (the reply again). `model` and
            `usage` are present if the service sent them.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ConflictError: If the branch was merged, and accepts no more messages.
            ChatRoutesError: If there is no reply.
        """

        def read(payload: object) -> types.SendMessageResponse:
            return send_message.read(normalize_sent(payload, conversation_id, data))

        return await self._requestor.execute(
            send_message.request, read, options, conversation_id, data
        )

    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.StreamOptions],
    ) -> AsyncMessageStream: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: None = None,
        on_complete: None = None,
        **options: Unpack[types.StreamOptions],
    ) -> AsyncMessageStream: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object],
        on_complete: Callable[[types.CompletedMessage], object] | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> AsyncCallbackResult: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object] | None,
        on_complete: Callable[[types.CompletedMessage], object],
        **options: Unpack[types.StreamOptions],
    ) -> AsyncCallbackResult: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object] | None = None,
        *,
        on_complete: Callable[[types.CompletedMessage], object],
        **options: Unpack[types.StreamOptions],
    ) -> AsyncCallbackResult: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object] | None = None,
        on_complete: Callable[[types.CompletedMessage], object] | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> AsyncMessageStream | AsyncCallbackResult: ...
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object] | None = None,
        on_complete: Callable[[types.CompletedMessage], object] | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> AsyncMessageStream | AsyncCallbackResult:
        """Send a message and receive the reply while it is generated (`streamMessage`).

        With a callback, read the stream to its end. Without one, return the stream:

            async with client.messages.stream(conversation_id, {"content": "Hello"}) as stream:
                async for text in stream.text_stream:
                    print(text, end="", flush=True)

        Args:
            conversation_id: The id of the conversation.
            data: As for `send`.
            on_chunk: Called with each chunk. Its text is
                `chunk["choices"][0]["delta"].get("content")`. The chunk has the fields of both
                dialects, such as `type` and `content`.
            on_complete: Called once after the last chunk, with what `send` would have returned and,
                beside it, the keys of the reply: `message["id"]`, `message["content"]`.

        Returns:
            The stream, if there is no callback.

        Raises:
            ValidationError: If an argument is invalid.
            ChatRoutesError: If the stream fails. `partial_content` has the text so far. Without
                callbacks, it is raised while reading.
        """
        validate_callback_async("on_chunk", on_chunk)
        validate_callback_async("on_complete", on_complete)
        stream = AsyncMessageStream(
            self._requestor.for_call(options, is_stream=True), conversation_id, data
        )
        if on_chunk is None and on_complete is None:
            return stream
        return run_callbacks(stream, on_chunk, on_complete)

    async def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> builtins.list[types.Message]:
        """List the messages of a branch, oldest first (`listMessages`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch. Default: the main branch.

        Returns:
            All messages of the branch, including those that it inherits.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ChatRoutesError: If the messages could not be listed.
        """
        params: types.ListMessagesParams = {} if branch_id is None else {"branchId": branch_id}
        return await self._requestor.execute(
            list_messages.request, list_messages.read, options, conversation_id, params
        )

    def iterate(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        *,
        limit: int = 100,
        **options: Unpack[types.RequestOptions],
    ) -> AsyncPageIterator[types.Message]:
        """Iterate over the messages of a branch, oldest first, page by page (`listMessages`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch. Default: the main branch.
            limit: The number of messages per request, 1 to 1000.

        Returns:
            An iterator over the messages that `list` returns. It fetches a page when it needs one, and
            raises a ChatRoutesError if that fails.

        Raises:
            ValidationError: If an argument is invalid.
        """
        params = {"branchId": branch_id, "limit": limit}
        return AsyncPageIterator(
            self._requestor.for_call(options),
            list_messages.request,
            list_messages.read,
            conversation_id,
            params=params,
        )

    async def update(
        self, message_id: str, content: str, **options: Unpack[types.RequestOptions]
    ) -> types.Message:
        """Change the content of a message (`updateMessage`).

        Args:
            message_id: The id of the message.
            content: The new text.

        Returns:
            The changed message.

        Raises:
            NotFoundError: If the message does not exist.
            ChatRoutesError: If the message was not changed.
        """
        return await self._requestor.execute(
            update_message.request, update_message.read, options, message_id, {"content": content}
        )

    async def delete(self, message_id: str, **options: Unpack[types.RequestOptions]) -> None:
        """Delete a message. The messages after it stay (`deleteMessage`).

        Args:
            message_id: The id of the message.

        Raises:
            NotFoundError: If the message does not exist.
            ChatRoutesError: If the message was not deleted.
        """
        return await self._requestor.execute(
            delete_message.request, delete_message.read, options, message_id
        )
