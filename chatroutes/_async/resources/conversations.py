"""The conversations of an account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from chatroutes_wire.api.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    get_conversation_tree,
    list_conversations,
    update_conversation,
)

from ... import _lazy_types as types
from ... import _normalize
from ...errors import ValidationError
from ..requestor import AsyncRequestor


class AsyncConversations:
    """Create, list, read, change and delete conversations."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    async def create(self, data: types.CreateConversationRequest) -> types.Conversation:
        """Create a conversation (`createConversation`).

        Args:
            data: `title`, and if wanted `model`, `systemPrompt`, `temperature` (0 to 2) and
                `maxTokens` as defaults for its messages.

        Returns:
            The new conversation.

        Raises:
            ChatRoutesError: it was not created.
        """
        return await self._requestor.execute(
            create_conversation.request, create_conversation.read, data
        )

    async def list(
        self, params: types.ListConversationsParams | None = None
    ) -> types.PaginatedResponse:
        """List conversations, a page at a time, the one changed last first (`listConversations`).

        Args:
            params: `page` (from 1), `limit` (conversations a page, 1 to 100) and `filter`
                (`all`, `owned` or `shared`).

        Returns:
            The conversations under `data`, with `total`, `page`, `limit` and `hasNext`.

        Raises:
            ChatRoutesError: they could not be listed.
        """

        def read(payload: object) -> types.PaginatedResponse:
            return _normalize.normalize_page(list_conversations.read(payload))

        return await self._requestor.execute(list_conversations.request, read, params)

    def iterate(
        self, params: types.ListConversationsParams | None = None
    ) -> AsyncConversationIterator:
        """Iterate over every conversation, page by page (`listConversations`).

        Args:
            params: As for `list`; `page` is where to begin, `limit` how many to fetch at once.

        Returns:
            An iterator of conversations, which fetches a page when it comes to it.

        Raises:
            ValidationError: the params are none.
            ChatRoutesError: on the way, if a page could not be fetched.
        """
        query = self._requestor.build_operation(list_conversations.request, params).query
        number = query.get("page", 1)
        if not isinstance(number, int):
            raise ValidationError(f"Nothing was sent: page must be a whole number, not {number!r}.")
        return AsyncConversationIterator(self, {**query}, number)

    async def get(self, conversation_id: str) -> types.Conversation:
        """Get a conversation with its branches and the messages of its main branch (`getConversation`).

        Raises:
            NotFoundError: there is no such conversation.
            ChatRoutesError: it could not be read.
        """
        return await self._requestor.execute(
            get_conversation.request, get_conversation.read, conversation_id
        )

    async def update(
        self, conversation_id: str, data: types.UpdateConversationRequest
    ) -> types.Conversation:
        """Change a conversation's title or defaults (`updateConversation`).

        Args:
            conversation_id: Which conversation.
            data: The fields to change; the others stay.

        Returns:
            The conversation as it is now.

        Raises:
            NotFoundError: there is no such conversation.
            ChatRoutesError: it was not changed.
        """
        return await self._requestor.execute(
            update_conversation.request, update_conversation.read, conversation_id, data
        )

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation with all that is in it (`deleteConversation`).

        Raises:
            NotFoundError: there is no such conversation.
            ChatRoutesError: it was not deleted.
        """
        await self._requestor.execute(
            delete_conversation.request, delete_conversation.read, conversation_id
        )

    async def get_tree(self, conversation_id: str) -> types.ConversationTree:
        """Get a conversation as a tree of messages (`getConversationTree`).

        A conversation of thousands of messages in a row is nested as deep; walk it with a loop and a
        list, not with a function that calls itself.

        Returns:
            The conversation, the tree of its messages, and the tree's size.

        Raises:
            NotFoundError: there is no such conversation.
            ChatRoutesError: it could not be read.
        """
        return await self._requestor.execute(
            get_conversation_tree.request, get_conversation_tree.read, conversation_id
        )


class AsyncConversationIterator:
    """Every conversation of a list, page by page."""

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
        """Give the next conversation.

        Raises:
            ChatRoutesError: the next page could not be fetched.
        """
        while True:
            for conversation in self._page:
                return conversation
            if not self._has_next:
                raise StopAsyncIteration
            params = cast("types.ListConversationsParams", {**self._params, "page": self._number})
            page = await self._conversations.list(params)
            # An empty page is the end, whatever it says of itself: else it would never come.
            self._has_next = page["hasNext"] and bool(page["data"])
            self._page = iter(page["data"])
            self._number += 1
