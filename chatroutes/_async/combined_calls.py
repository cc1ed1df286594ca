"""The methods of the client that send several requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, TypeVar, Unpack

from .. import _lazy_types as types
from . import resources

if TYPE_CHECKING:
    from .._lazy_properties import first_use_property
    from .requestor import AsyncRequestor

T = TypeVar("T")


class AsyncCombinedCalls:
    """The methods of the client that send several requests. Each imports what it needs when it is called."""

    if TYPE_CHECKING:

        @first_use_property
        def _requestor(self) -> AsyncRequestor: ...

    async def compare(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        models: Sequence[str],
        at: str | None = None,
        *,
        max_concurrency: int = 8,
        **options: Unpack[types.StreamOptions],
    ) -> list[types.ComparisonResult]:
        """Send a message to several models at the same time, each on a new branch.

        Args:
            conversation_id: The id of the conversation.
            data: As for `messages.send`. A `model` in it is replaced. A `branchId` is not allowed.
            models: The models. A model can occur several times, for several replies.
            at: The id of the message after which the branches begin. To begin before the first
                message, pass the id of the conversation. Default: the last message of the main branch.
            max_concurrency: How many replies are received at the same time.
            **options: The options of each request. `deadline` limits the whole comparison. Each
                request has an idempotency key of its own, which is derived from `idempotency_key`.

        Returns:
            One result for each model, in the order of `models`. If a model fails, its result has the
            error, and the others have their replies.

        Raises:
            ValidationError: If an argument is invalid.
            ChatRoutesError: If the first branch could not be created.
        """
        async with self.compare_stream(
            conversation_id, data, models, at, max_concurrency=max_concurrency, **options
        ) as comparison:
            return await comparison.get_final_results()

    def compare_stream(
        self,
        conversation_id: str,
        data: types.SendMessageRequest,
        models: Sequence[str],
        at: str | None = None,
        *,
        max_concurrency: int = 8,
        **options: Unpack[types.StreamOptions],
    ) -> AbstractAsyncContextManager[resources.AsyncComparisonStream]:
        """Send a message to several models as `compare` does, and iterate over the events of the replies.

            async with client.compare_stream(conversation_id, data, ["gpt-5", "gpt-4"]) as comparison:
                async for item in comparison:
                    if item.event.type == "text":
                        print(item.model, item.event.text)
            print(comparison.results)

        The end of the block closes all replies.

        Args:
            conversation_id: As for `compare`.
            data: As for `compare`.
            models: As for `compare`.
            at: As for `compare`.
            max_concurrency: As for `compare`.
            **options: As for `compare`.

        Returns:
            A context manager. It creates the branches, and returns an iterator of `ComparisonEvent` with
            `results`, the results so far.

        Raises:
            ValidationError: If an argument is invalid.
            ChatRoutesError: If the first branch could not be created. It is raised when the block is
                entered.
        """
        from .comparison import build_messages, open_comparison

        messages = build_messages(
            self._requestor, conversation_id, data, models, at, max_concurrency, options
        )
        return open_comparison(
            self._requestor, conversation_id, messages, models, at, max_concurrency, options
        )

    async def regenerate(
        self,
        conversation_id: str,
        message_id: str,
        model: str | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> types.RegenerationResult:
        """Ask the question of a message again, on a new branch that starts before the question.

        The branch of the message does not change. The context mode of the new branch is `FULL`.

        Args:
            conversation_id: The id of the conversation.
            message_id: The id of a reply on any branch, or of the question itself. A reply that was
                just stopped may not be stored yet: pass the id of its question.
            model: The model to ask. Default: the model of the reply.
            **options: The options of each request. `deadline` limits all requests together. Each request
                has an idempotency key of its own, which is derived from `idempotency_key`.

        Returns:
            The new branch and the new reply. The temperature and the maximum length of the first reply
            are used again, if the service has recorded them.

        Raises:
            NotFoundError: If no branch of the conversation has the message.
            ValidationError: If the message has no question, or the question is the first message and
                the service cannot start a branch before it.
            ChatRoutesError: If there is no reply.
        """
        async with self.regenerate_stream(conversation_id, message_id, model, **options) as (
            branch,
            stream,
        ):
            response = await stream.get_final_response()
        from .._regeneration import RegenerationResult

        return RegenerationResult(branch, response)

    def regenerate_stream(
        self,
        conversation_id: str,
        message_id: str,
        model: str | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> AbstractAsyncContextManager[tuple[types.Branch, resources.AsyncMessageStream]]:
        """Ask a question again as `regenerate` does, and stream the reply.

            async with client.regenerate_stream(conversation_id, message_id) as (branch, stream):
                async for text in stream.text_stream:
                    print(text, end="", flush=True)

        Args:
            conversation_id: As for `regenerate`.
            message_id: As for `regenerate`.
            model: As for `regenerate`.
            **options: As for `regenerate`.

        Returns:
            A context manager, which returns the new branch and the stream of the reply.

        Raises:
            ValidationError: If an argument is invalid.
            ChatRoutesError: As for `regenerate`. It is raised when the block is entered.
        """
        from .._regeneration import validate_regeneration
        from .regeneration import open_regeneration

        validate_regeneration(conversation_id, message_id, model)
        self._requestor.for_call(options, is_stream=True)
        return open_regeneration(self._requestor, conversation_id, message_id, model, options)

    def search(
        self,
        text: str | re.Pattern[str],
        conversation_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> resources.AsyncSearchIterator:
        """Search the messages of one conversation, or of all conversations.

            async for result in client.search("lisbon"):
                print(result.conversation_id, result.message["content"])

        Args:
            text: The text, in any case, or a pattern such as `re.compile(r"lis(bon|se)")`.
            conversation_id: The id of the conversation. Default: all conversations.
            **options: The options of each request.

        Returns:
            An iterator of `SearchResult`. The main branch is searched first, and each message is
            returned once. The iterator fetches page after page, and raises a ChatRoutesError if that
            fails.

        Raises:
            ValidationError: If an argument is invalid.
        """
        from .._search import compile_text
        from .search import AsyncSearchIterator

        return AsyncSearchIterator(
            self._requestor.for_call(options), compile_text(text), conversation_id
        )

    def map(
        self,
        items: types.AsyncItems[T],
        *,
        message: Callable[[T], str | types.SendMessageRequest] | None = None,
        key: Callable[[T], str | int] | None = None,
        model: str | None = None,
        conversation: types.CreateConversationRequest | None = None,
        conversation_id: Callable[[T], str | None] | None = None,
        skip: Container[str | int] = (),
        max_concurrency: int = 8,
        ordered: bool = False,
        on_progress: Callable[[types.BatchProgress], object] | None = None,
        **options: Unpack[types.StreamOptions],
    ) -> resources.AsyncBatch[T]:
        """Send many prompts, each to a conversation of its own, and iterate over the replies.

            async with client.map(prompts, idempotency_key="reviews-1") as results:
                async for result in results:
                    print(result.index, result.text if result.error is None else result.error)

        A 429 holds all requests of the batch, and does not count as a retry. An item that fails is a
        result with an error. An error that all other items would have too, such as an invalid API key,
        is raised.

        Args:
            items: The prompts: texts, dicts with `content`, or anything that `message` accepts. An
                iterator is read while the replies arrive, and not ahead.
            message: Returns the message of an item, as for `messages.send`.
            key: Returns the key of an item, which identifies it in a later run. Default: its index and
                a hash of its message.
            model: The model of all replies, except of messages with a `model`.
            conversation: The settings of the new conversations, as for `conversations.create`. The
                default of `title` is the beginning of the prompt.
            conversation_id: Returns the id of the conversation of an item, or None for a new one.
            skip: The keys of items to skip, because an earlier run has returned their results.
            max_concurrency: How many items are sent at the same time.
            ordered: Whether the results have the order of the items. Default: the order in which they
                complete.
            on_progress: Called with a `BatchProgress` before each result is returned.
            **options: The options of each request. `deadline` limits each item. With an
                `idempotency_key`, a later run with the same key returns the replies that the service has
                stored, for 24 hours, and asks for the others. Each request has a key of its own, which
                is derived from it, from the key of the item and from what is sent. Default: a new
                `idempotency_key`.

        Returns:
            The results, as an iterator of `BatchResult`.

        Raises:
            ValidationError: If an argument is invalid.
        """
        from .._batch import BatchPlan
        from .batch import AsyncBatch

        plan = BatchPlan(message, key, model, conversation, conversation_id, skip)
        return AsyncBatch(
            self._requestor, items, plan, max_concurrency, ordered, on_progress, options
        )

    async def import_conversation(
        self, export: types.ConversationExport, **options: Unpack[types.RequestOptions]
    ) -> types.ImportResult:
        """Store a conversation with all its branches and replies in a local server.

            for each in chatroutes.imports.read("conversations.json"):
                if each.export is not None:
                    result = await client.import_conversation(each.export)

        The same content is stored once: a repeated import returns the existing conversation. All ids are
        new. The API of the service has no such request: see `replay_conversation`.

        Args:
            export: The document of the conversation, from `chatroutes.imports.read` or from
                `conversations.export`, of at most 64 MiB of JSON.
            **options: The options of the request. The default of `timeout` is 120 seconds.

        Returns:
            The conversation, whether it is new, and what the server could not store.

        Raises:
            ImportFileError: If the document cannot be sent as JSON.
            NotFoundError: If the service does not support imports. Only the local server does.
            ChatRoutesError: If the request fails.
        """
        from .importing import import_conversation

        return await import_conversation(self._requestor, export, options)

    async def replay_conversation(
        self,
        export: types.ConversationExport,
        model: str,
        *,
        on_progress: Callable[[types.ImportProgress], object] | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> types.ReplayResult:
        """Send the questions of a conversation again, on each of its branches. The replies are new.

        The new conversation forks and merges where the document does. Every reply of the document is
        replaced by one of the model. A replay that was interrupted continues where it ended, and
        a replay that is repeated returns the same conversation, while the service keeps the
        idempotency keys. They are derived from the document and the model.

        Args:
            export: The document of the conversation, as for `import_conversation`.
            model: The model that replies.
            on_progress: Called with an `ImportProgress` before each request, and at the end.
            **options: The options of each request. `deadline` limits the whole replay. Another
                `idempotency_key` begins a new conversation.

        Returns:
            The conversation, and what could not be sent again.

        Raises:
            ImportFileError: If the document cannot be sent as JSON.
            ValidationError: If an argument is invalid.
            ChatRoutesError: If a request fails.
        """
        from .importing import replay_conversation

        return await replay_conversation(self._requestor, export, model, on_progress, options)
