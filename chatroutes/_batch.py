"""The items and the results of `client.map`, and the checks of its arguments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from . import _lazy_types as types
from ._rate_limit_rules import MAX_WAIT
from ._workers import validate_max_concurrency
from .errors import (
    AuthenticationError,
    ChatRoutesError,
    NetworkError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    invalid_argument,
)

T = TypeVar("T")

# The input of a batch, for the synchronous and for the asynchronous client.
Items: TypeAlias = Iterable[T]
AsyncItems: TypeAlias = Iterable[T] | AsyncIterable[T]

# The longest title that is made from a prompt, in characters.
MAX_TITLE_LENGTH: Final = 80

# The number of consecutive items without a connection or a permission after which a batch ends.
MAX_REFUSED: Final = 10


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[T]):
    """The reply to one item of `client.map`, or its error.

    Attributes:
        index: The position of the item in the input, from 0.
        item: The item, as it was passed.
        key: The key of the item: the result of `key`, or the index and a hash of the message.
        conversation_id: The id of the conversation, or None if it was not created.
        response: What `messages.send` would have returned, or None if there is an error.
        text: The text of the reply. If there is an error, the text so far.
        usage: The numbers of tokens, or None if the service sent none.
        duration: The time from the first request to the end of the reply, in seconds.
        error: Why there is no whole reply, or None.
    """

    index: int
    item: T
    key: str
    conversation_id: str | None = None
    response: types.SendMessageResponse | None = None
    text: str = ""
    usage: types.Usage | None = None
    duration: float = 0.0
    error: ChatRoutesError | None = None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is, for `on_progress`.

    Attributes:
        completed: The number of items with a whole reply.
        failed: The number of items with an error.
        skipped: The number of items that were skipped.
        total: The number of all items, or None if the input has no length.
    """

    completed: int
    failed: int
    skipped: int
    total: int | None


@dataclass(frozen=True, slots=True)
class BatchItem(Generic[T]):
    """An item that is about to be sent."""

    index: int
    item: T
    key: str
    message: types.SendMessageRequest
    conversation_id: str | None
    conversation: Any  # a CreateConversationRequest, or None if there is a conversation
    batch_key: str

    def idempotency_key(self, step: str, number: int = 0) -> str:
        """Return the idempotency key of one request.

        It is the same in each run with the same batch key, item and content. It is hashed, because the
        length of a key is limited.

        Args:
            step: The name of the request.
            number: The number of replies of this item that the service has cut off.
        """
        parts = [self.batch_key, self.key, step, number, self.message, self.conversation]
        return _hash(parts)


@dataclass(frozen=True, slots=True)
class Unsent:
    """An item that was not sent, because the batch ends."""

    index: int


@dataclass(frozen=True, slots=True)
class BatchPlan(Generic[T]):
    """The arguments of `client.map` that turn an item into requests."""

    message: Callable[[T], str | types.SendMessageRequest] | None
    key: Callable[[T], str | int] | None
    model: str | None
    conversation: types.CreateConversationRequest | None
    conversation_id: Callable[[T], str | None] | None
    skip: Container[str | int]

    def validate(self, items: object, max_concurrency: Any) -> None:
        """Check the arguments, before anything is sent.

        Raises:
            ValidationError: If an argument is invalid.
        """
        is_iterable = hasattr(items, "__iter__") or hasattr(items, "__aiter__")
        kind = type(items).__name__
        if isinstance(items, (str, bytes, Mapping)) or not is_iterable:
            raise invalid_argument(
                f"items must be an iterable, such as a list of prompts, not {kind}."
            )
        for name in ("message", "key", "conversation_id"):
            function = getattr(self, name)
            if function is not None and not callable(function):
                raise invalid_argument(
                    f"{name} must be a function of an item, not {type(function).__name__}."
                )
        if self.conversation is not None and not isinstance(self.conversation, Mapping):
            raise invalid_argument(
                f"conversation must be a dict, not {type(self.conversation).__name__}."
            )
        if isinstance(self.skip, (str, bytes)) or not hasattr(self.skip, "__contains__"):
            raise invalid_argument(f"skip must be a set of keys, not {type(self.skip).__name__}.")
        validate_max_concurrency(max_concurrency)

    def prepare(self, index: int, item: T, batch_key: str) -> BatchItem[T] | None:
        """Return what is sent for an item, or None if it is skipped.

        Raises:
            ValidationError: If the item is neither a text nor a message, or its key is invalid.
        """
        made: object = item if self.message is None else self.message(item)
        message = self._message(index, made)
        key = self._key(index, item, message)
        if key in self.skip or (isinstance(key, int) and str(key) in self.skip):
            return None
        conversation_id = None if self.conversation_id is None else self.conversation_id(item)
        conversation: Any = None
        if conversation_id is None:
            title = " ".join(str(message.get("content")).split())[:MAX_TITLE_LENGTH]
            conversation = {"title": title or "Batch", **(self.conversation or {})}
            if self.model is not None:
                conversation.setdefault("model", self.model)
        return BatchItem(index, item, str(key), message, conversation_id, conversation, batch_key)

    def _message(self, index: int, made: object) -> types.SendMessageRequest:
        if isinstance(made, str):
            made = {"content": made}
        if not isinstance(made, Mapping):
            raise invalid_argument(
                f"Item {index} is {'' if self.message is None else 'turned into '}"
                f"{type(made).__name__}, not a str or a dict with content. Pass message, a function "
                "that returns the message of an item."
            )
        message: dict[str, Any] = dict(cast("Mapping[str, Any]", made))
        if "content" not in message:
            raise invalid_argument(
                f"Item {index} {'is' if self.message is None else 'is turned into'} a dict without "
                "content. Pass message, a function that returns the message of an item."
            )
        if self.model is not None:
            message.setdefault("model", self.model)
        return cast("types.SendMessageRequest", message)

    def _key(self, index: int, item: T, message: types.SendMessageRequest) -> str | int:
        if self.key is None:
            return f"{index}-{_hash(message)[:12]}"
        key = self.key(item)
        if isinstance(key, bool) or not isinstance(key, (str, int)) or key == "":
            raise invalid_argument(
                f"The key of item {index} must be a str or an int that is not empty, not {key!r}."
            )
        return key


def iterate_items(items: Items[T]) -> Iterator[T]:
    """Return an iterator over the input of a batch.

    Raises:
        ValidationError: If the input is asynchronous.
    """
    if isinstance(items, AsyncIterable):
        raise invalid_argument(
            f"items is asynchronous ({type(items).__name__}), and ChatRoutes reads other iterables "
            "only. Use AsyncChatRoutes, which reads both."
        )
    return iter(items)


def iterate_items_async(items: AsyncItems[T]) -> AsyncIterator[T]:
    """Return an iterator over the input of a batch, which may be an async one."""
    if isinstance(items, AsyncIterable):
        return aiter(items)
    return _AsyncItems(iter(items))


class _AsyncItems(AsyncIterator[T]):
    """An iterator as an async one. Unlike an async generator, it needs not be closed."""

    def __init__(self, iterator: Iterator[T]) -> None:
        self._iterator = iterator

    async def __anext__(self) -> T:
        for item in self._iterator:
            return item
        raise StopAsyncIteration


def is_fatal(error: ChatRoutesError) -> bool:
    """Return whether all other items would fail with this error too."""
    if isinstance(error, AuthenticationError):
        return True
    if isinstance(error, RateLimitError):
        return error.code == "QUOTA_EXCEEDED" or (error.retry_after or 0.0) > MAX_WAIT
    return type(error) is ChatRoutesError and error.status_code is None  # the client was closed


def is_refused(error: ChatRoutesError | None) -> bool:
    """Return whether there was no connection, or no permission: for this item, or for all items."""
    if isinstance(error, PermissionDeniedError):
        return True
    return isinstance(error, NetworkError) and not isinstance(
        error, (RequestTimeoutError, StreamInterruptedError)
    )


def _hash(value: object) -> str:
    """Return a hash of a value that is the same in each process."""
    try:
        text = json.dumps(value, sort_keys=True, default=repr)
    except (TypeError, ValueError, RecursionError):  # reported when the request is built
        text = repr(value)
    return hashlib.sha256(text.encode()).hexdigest()
