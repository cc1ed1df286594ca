"""The messages of a conversation."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import overload

from chatroutes_wire.api.messages import delete_message, list_messages, send_message, update_message

from ... import _lazy_types as types
from ... import _normalize
from ..._concurrency import AsyncCallbackResult, run_callback_async, validate_callback_async
from ..requestor import AsyncRequestor
from ..stream import AsyncMessageStream


class AsyncMessages:
    """Send, stream, list, change and delete messages."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    async def send(
        self, conversation_id: str, data: types.SendMessageRequest
    ) -> types.SendMessageResponse:
        """Send a message and wait for the whole reply (`sendMessage`).

        Args:
            conversation_id: Which conversation.
            data: `content`, and if wanted `model`, `temperature` (0 to 2), `maxTokens` and
                `branchId`; the main branch if that is left out.

        Returns:
            `userMessage` and `assistantMessage`; also `message` (the reply again), `model` and
            `usage`, as far as the service told them.

        Raises:
            NotFoundError: there is no such conversation or branch.
            ChatRoutesError: there is no reply.
        """

        def read(payload: object) -> types.SendMessageResponse:
            return _normalize.normalize_send_response(
                send_message.read(payload), conversation_id, data
            )

        return await self._requestor.execute(send_message.request, read, conversation_id, data)

    @overload
    def stream(
        self, conversation_id: str, data: types.SendMessageRequest
    ) -> AsyncMessageStream: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object],
        on_complete: Callable[[types.SendMessageResponse], object] | None = None,
    ) -> AsyncCallbackResult: ...
    @overload
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: None = None,
        *,
        on_complete: Callable[[types.SendMessageResponse], object],
    ) -> AsyncCallbackResult: ...
    def stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        on_chunk: Callable[[types.StreamChunk], object] | None = None,
        on_complete: Callable[[types.SendMessageResponse], object] | None = None,
    ) -> AsyncMessageStream | AsyncCallbackResult:
        """Send a message and receive the reply as it is written (`streamMessage`).

        With a callback, reads the stream to its end. Without one, gives the stream to read from:

            async with client.messages.stream(conversation_id, {"content": "Hello"}) as stream:
                async for text in stream.text_stream:
                    print(text, end="", flush=True)

        Args:
            conversation_id: Which conversation.
            data: As for `send`.
            on_chunk: Called with each chunk; its text is `chunk["choices"][0]["delta"].get("content")`.
            on_complete: Called once, after the last chunk, with what `send` would have given.

        Returns:
            The stream, if no callback was given.

        Raises:
            ChatRoutesError: the stream failed; `partial_content` holds the text so far. Without
                callbacks, this happens on reading.
        """
        validate_callback_async("on_chunk", on_chunk)
        validate_callback_async("on_complete", on_complete)
        stream = AsyncMessageStream(self._requestor, conversation_id, data)
        if on_chunk is None and on_complete is None:
            return stream
        return self._deliver(stream, on_chunk, on_complete)

    async def list(
        self, conversation_id: str, branch_id: str | None = None
    ) -> builtins.list[types.Message]:
        """List the messages of a branch, oldest first (`listMessages`).

        Args:
            conversation_id: Which conversation.
            branch_id: Which branch; the main branch if it is left out.

        Returns:
            All messages that the branch sees, inherited ones included.

        Raises:
            NotFoundError: there is no such conversation or branch.
            ChatRoutesError: they could not be listed.
        """
        params: types.ListMessagesParams = {} if branch_id is None else {"branchId": branch_id}
        return await self._requestor.execute(
            list_messages.request, list_messages.read, conversation_id, params
        )

    async def update(self, message_id: str, content: str) -> types.Message:
        """Change the content of a message (`updateMessage`).

        Returns:
            The message as it is now.

        Raises:
            NotFoundError: there is no such message.
            ChatRoutesError: it was not changed.
        """
        return await self._requestor.execute(
            update_message.request, update_message.read, message_id, {"content": content}
        )

    async def delete(self, message_id: str) -> None:
        """Delete a message; those after it stay (`deleteMessage`).

        Raises:
            NotFoundError: there is no such message.
            ChatRoutesError: it was not deleted.
        """
        await self._requestor.execute(delete_message.request, delete_message.read, message_id)

    async def _deliver(
        self,
        stream: AsyncMessageStream,
        on_chunk: Callable[[types.StreamChunk], object] | None,
        on_complete: Callable[[types.SendMessageResponse], object] | None,
    ) -> None:
        async with stream:
            async for chunk in stream:
                if on_chunk is not None:
                    await run_callback_async(on_chunk, chunk)
            response = await stream.get_final_response()
        if on_complete is not None:
            await run_callback_async(on_complete, response)
