"""Search the messages of one conversation, or of all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from .. import _lazy_types as types
from .._normalize import read_id
from .._search import SearchResult, find_matches
from ..errors import NotFoundError
from . import resources
from .pagination import AsyncPageIterator
from .requestor import AsyncRequestor


class AsyncSearchIterator:
    """An iterator over the messages that contain a text. It fetches a page when it needs one.

    It keeps one page of messages, one of branches and one of conversations, and the ids of the messages
    of one conversation: branches inherit messages, and each message is returned once.
    """

    def __init__(
        self, requestor: AsyncRequestor, pattern: re.Pattern[str], conversation_id: str | None
    ) -> None:
        self._requestor = requestor
        self._pattern = pattern
        self._is_single = conversation_id is not None
        self._conversations = resources.AsyncConversations(requestor).iterate({"limit": 100})
        self._conversation: types.Conversation | None = None
        self._conversation_id = ""
        self._branches: AsyncPageIterator[types.Branch] | None = None
        self._messages: AsyncPageIterator[types.Message] | None = None
        self._seen: set[str] = set()
        if conversation_id is not None:
            self._start_conversation(conversation_id)

    def __aiter__(self) -> AsyncIterator[SearchResult]:
        return self

    async def __anext__(self) -> SearchResult:
        """Return the next message that contains the text.

        Raises:
            ChatRoutesError: If a page could not be fetched.
        """
        while True:
            try:
                message = await self._next_message()
            except NotFoundError:
                if self._is_single:
                    raise
                self._branches = self._messages = None  # the conversation was deleted meanwhile
                continue
            message_id = read_id(message, "message")
            if message_id in self._seen:
                continue
            self._seen.add(message_id)
            if matches := find_matches(self._pattern, message):
                return SearchResult(
                    self._conversation_id, self._conversation, self._branch, message, matches
                )

    async def _next_message(self) -> types.Message:
        """Return the next message of the branch, or else of the next branch or conversation.

        Raises:
            StopAsyncIteration: If there is none.
        """
        while True:
            if self._messages is not None:
                async for message in self._messages:
                    return message
                self._messages = None
            if self._branches is not None:
                async for branch in self._branches:
                    self._branch = branch
                    self._messages = resources.AsyncMessages(self._requestor).iterate(
                        self._conversation_id,
                        None if branch.get("isMain") else read_id(branch, "branch"),
                    )
                    break
                else:
                    self._branches = None
            elif self._is_single:
                raise StopAsyncIteration
            else:
                conversation = await anext(self._conversations)
                self._conversation = conversation
                self._start_conversation(read_id(conversation, "conversation"))

    def _start_conversation(self, conversation_id: str) -> None:
        self._conversation_id = conversation_id
        self._seen = set()
        self._branches = resources.AsyncBranches(self._requestor).iterate(conversation_id)
