"""The conversations of an account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Unpack, cast

from chatroutes_wire.api.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    get_conversation_tree,
    list_conversations,
    update_conversation,
)

from ... import _lazy_types as types
from ..._lazy_properties import resource_property
from ..._normalize import normalize_page
from ...errors import ValidationError, invalid_argument
from .. import resources
from ..requestor import AsyncRequestor


class AsyncConversations:
    """Create, list, get, update and delete conversations."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.AsyncConversationsWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.AsyncConversationsWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.AsyncConversationsWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `AsyncStreamingResponse`."""
        return resources.AsyncConversationsWithStreamingResponse(self)

    async def create(
        self, data: types.CreateConversationRequest, **options: Unpack[types.RequestOptions]
    ) -> types.Conversation:
        """Create a conversation with an empty main branch (`createConversation`).

        Args:
            data: A dict with `title`. Optional defaults for its messages: `model`, `systemPrompt`,
                `temperature` (0 to 2) and `maxTokens` (longest reply, in tokens).

        Returns:
            The new conversation.

        Raises:
            ChatRoutesError: If the conversation was not created.
        """
        return await self._requestor.execute(
            create_conversation.request, create_conversation.read, options, data
        )

    async def list(
        self,
        params: types.ListConversationsParams | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> types.PaginatedResponse:
        """List one page of conversations, the most recently changed first (`listConversations`).

        Args:
            params: A dict with `page` (from 1), `limit` (conversations per page, 1 to 100) and
                `filter` (`all`, `owned` or `shared`). All are optional.

        Returns:
            The conversations in `data`, and `total`, `page`, `limit` and `hasNext`.

        Raises:
            ChatRoutesError: If the conversations could not be listed.
        """
        return await self._requestor.execute(
            list_conversations.request, _read_page, options, params
        )

    def iterate(
        self,
        params: types.ListConversationsParams | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> AsyncConversationIterator:
        """Iterate over all conversations, page by page (`listConversations`).

        Args:
            params: As for `list`. `page` is the first page, `limit` the number of conversations
                per request.

        Returns:
            An iterator over conversations. It fetches a page when it needs one, and raises a
            ChatRoutesError if that fails.

        Raises:
            ValidationError: If the params are invalid.
        """
        requestor = self._requestor.for_call(options)
        query = requestor.build_operation_request(list_conversations.request, params).query
        number = query.get("page", 1)
        if not isinstance(number, int):
            raise invalid_argument(
                f"Nothing was sent: page must be a whole number, not {number!r}."
            )
        return AsyncConversationIterator(AsyncConversations(requestor), {**query}, number)

    async def get(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> types.Conversation:
        """Get a conversation, its branches and the messages of its main branch (`getConversation`).

        Args:
            conversation_id: The id of the conversation.

        Returns:
            The conversation.

        Raises:
            NotFoundError: If the conversation does not exist.
            ChatRoutesError: If the conversation could not be read.
        """
        return await self._requestor.execute(
            get_conversation.request, get_conversation.read, options, conversation_id
        )

    async def update(
        self,
        conversation_id: str,
        data: types.UpdateConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.Conversation:
        """Change the title or the defaults of a conversation (`updateConversation`).

        Args:
            conversation_id: The id of the conversation.
            data: A dict with the fields to change, as for `create`. The others stay. An empty
                `systemPrompt` removes it.

        Returns:
            The changed conversation.

        Raises:
            NotFoundError: If the conversation does not exist.
            ChatRoutesError: If the conversation was not changed.
        """
        return await self._requestor.execute(
            update_conversation.request, update_conversation.read, options, conversation_id, data
        )

    async def export(
        self,
        conversation_id: str,
        *,
        on_progress: Callable[[types.ExportProgress], object] | None = None,
        max_concurrency: int = 8,
        **options: Unpack[types.RequestOptions],
    ) -> types.ConversationExport:
        """Export a conversation with all its branches, messages and checkpoints.

            from chatroutes import exports

            export = await client.conversations.export("conv_123")
            exports.write(export, "conversation.md", "markdown")

        If the conversation changes meanwhile, it is fetched again, up to three times in all. What the
        service does not send is left out, and `warnings` in the result names it. A message whose reply
        is still being generated is exported without the reply.

        Args:
            conversation_id: The id of the conversation.
            on_progress: A function that is called with an `ExportProgress`.
            max_concurrency: How many lists of messages are fetched at the same time.
            **options: The options of each request. `deadline` limits the whole export.

        Returns:
            The document of the conversation. `chatroutes.exports` writes it to files.

        Raises:
            NotFoundError: If the conversation does not exist.
            ValidationError: If an argument is invalid.
            ChatRoutesError: If the conversation could not be fetched.
        """
        from ..export import export_conversation

        return await export_conversation(
            self._requestor, conversation_id, on_progress, max_concurrency, options
        )

    async def delete(self, conversation_id: str, **options: Unpack[types.RequestOptions]) -> None:
        """Delete a conversation with its branches, messages and checkpoints (`deleteConversation`).

        Args:
            conversation_id: The id of the conversation.

        Raises:
            NotFoundError: If the conversation does not exist.
            ChatRoutesError: If the conversation was not deleted.
        """
        return await self._requestor.execute(
            delete_conversation.request, delete_conversation.read, options, conversation_id
        )

    async def get_tree(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> types.ConversationTree:
        """Get the messages of all branches of a conversation as a tree (`getConversationTree`).

        `tree` has one level for each message in a row, so it can be thousands of levels deep. Walk it
        with a loop and a list: a recursive function would exceed the recursion limit. `nodes` has the
        same messages as a list, each with `parentId`, `branchId` and `depth`. The SDK requests the list
        and builds `tree` from it. A service that does not support `nodes` sends `tree`.

        Args:
            conversation_id: The id of the conversation.

        Returns:
            The conversation, `tree` (its messages) and `metadata` (the size of the tree). `nodes`,
            `branches` and `mainBranch` are present if the service supports them. A service that sends
            only `branches` and `mainBranch` sends no messages: `tree` then has only the messages that
            the branches contain.

        Raises:
            NotFoundError: If the conversation does not exist.
            ChatRoutesError: If the conversation could not be read.
        """
        return await get_tree(self._requestor.begin_call(options), conversation_id)


class AsyncConversationIterator:
    """An iterator over all conversations of a list, which fetches page after page."""

    def __init__(
        self, conversations: AsyncConversations, params: dict[str, Any], number: int
    ) -> None:
        self._conversations = conversations
        self._params = params
        self._number = number
        self._page = iter(list["types.Conversation"]())
        self._has_next = True

    def __aiter__(self) -> AsyncIterator[types.Conversation]:
        return self

    async def __anext__(self) -> types.Conversation:
        """Return the next conversation.

        Raises:
            ChatRoutesError: If the next page could not be fetched.
        """
        while True:
            for conversation in self._page:
                return conversation
            if not self._has_next:
                raise StopAsyncIteration
            params = cast("types.ListConversationsParams", {**self._params, "page": self._number})
            page = await self._conversations.list(params)
            # An empty page is the last one even if it has `hasNext`: iterating would never end.
            self._has_next = page["hasNext"] and bool(page["data"])
            self._page = iter(page["data"])
            self._number += 1


def _read_page(payload: object) -> types.PaginatedResponse:
    return normalize_page(list_conversations.read(payload))


async def get_tree(requestor: AsyncRequestor, conversation_id: str) -> types.ConversationTree:
    """Implement `conversations.get_tree`."""
    from ..._trees import normalize_tree  # no other method needs it

    def read(payload: object) -> types.ConversationTree:
        return get_conversation_tree.read(normalize_tree(payload))

    build = get_conversation_tree.request
    try:
        return await requestor.execute(build, read, {}, conversation_id, {"format": "flat"})
    except ValidationError as error:
        if error.status_code is None:  # nothing was sent
            raise
        # The service may reject an unknown query parameter.
        return await requestor.execute(build, read, {}, conversation_id)
