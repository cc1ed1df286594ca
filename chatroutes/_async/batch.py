"""Batches: one reply for each of many items, with a bounded number of requests at the same time."""

from __future__ import annotations

import contextlib
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Sized
from time import monotonic
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, SupportsIndex, TypeVar
from uuid import uuid4

from chatroutes_wire.api.conversations import create_conversation
from chatroutes_wire.api.messages import delete_message, stream_message

from .. import _lazy_types as types
from .._batch import (
    MAX_REFUSED,
    AsyncItems,
    BatchItem,
    BatchPlan,
    BatchProgress,
    BatchResult,
    Unsent,
    is_fatal,
    is_refused,
    iterate_items_async,
)
from .._batch_rate_limiter import AsyncRateLimiter, BatchStoppedError
from .._comparison import validate_content
from .._concurrency import AsyncClosing, run_callback_async, validate_callback_async
from .._workers import AsyncWorkers, Closable
from ..errors import ChatRoutesError, NotFoundError, RateLimitError, StreamInterruptedError
from .batch_requestor import AsyncBatchRequestor
from .requestor import AsyncRequestor
from .stream import AsyncMessageStream

T = TypeVar("T")

# The number of times that an item is sent again because the service has stopped its reply.
_MAX_CUT_REPLIES = 10


class AsyncBatch(AsyncClosing, Generic[T]):
    """The results of `client.map`: a context manager, and an iterator in the order of completion.

    The input is read when the iterator is advanced. At most twice `max_concurrency` items are read
    before their results are returned. The end of the block ends all requests and closes their
    connections. Only one task may iterate.
    """

    _is_unused = False

    def __init__(
        self,
        requestor: AsyncRequestor,
        items: AsyncItems[T],
        plan: BatchPlan[T],
        max_concurrency: int,
        ordered: bool,
        on_progress: Callable[[BatchProgress], object] | None,
        options: types.StreamOptions,
    ) -> None:
        plan.validate(items, max_concurrency)
        validate_callback_async("on_progress", on_progress)
        requestor.for_call(options, is_stream=True)  # raises before anything is sent
        self._items: AsyncIterator[T] = iterate_items_async(items)
        self._total = len(items) if isinstance(items, Sized) else None
        self._plan = plan
        self._rate_limiter = AsyncRateLimiter()
        self._batch_key = options.get("idempotency_key") or uuid4().hex
        self._sender = _AsyncSender(requestor, options, self._rate_limiter)
        self._workers: AsyncWorkers[BatchItem[Any], BatchResult[Any] | Unsent] = AsyncWorkers(
            self._sender.send, max_concurrency, self._sender.interrupt
        )
        self._max_outstanding = 2 * max_concurrency
        self._ordered = ordered
        self._on_progress = on_progress
        self._read = 0  # items
        self._outstanding = 0  # items that were read, and whose results were not returned
        self._early: dict[int, BatchResult[T] | Unsent] = {}  # results that wait for earlier ones
        # The indexes of outstanding items, if the results are ordered.
        self._order: deque[int] = deque()
        self._completed = self._failed = self._skipped = 0
        self._refused = 0  # items in a row
        self._is_exhausted = False
        self._is_closed = False
        self._is_left = False  # the block has ended, and not by an error
        self._error: BaseException | None = None  # of the whole batch
        self._is_unused = True

    def __repr__(self) -> str:
        status = "not sent" if self._is_unused else "closed" if self._is_closed else "open"
        return (
            f"<{type(self).__name__} [{status}] completed={self._completed} failed={self._failed}>"
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "A batch cannot be copied or pickled, because it sends requests. Keep its results."
        )

    def __del__(self) -> None:
        if self._is_unused:
            warnings.warn(
                f"{self!r} was never read, so its prompts were not sent. Iterate over the batch.",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )

    async def __aenter__(self) -> Self:
        await self._workers.start(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_left = error is None and not self._is_closed
        self._end()
        await self._workers.close()

    def __aiter__(self) -> AsyncIterator[BatchResult[T]]:
        return self

    async def __anext__(self) -> BatchResult[T]:
        """Return the next result.

        Raises:
            ChatRoutesError: If all other items would fail too, such as for an invalid API key, or if the
                block has ended, and not all results were read.
            ValidationError: If an item is neither a text nor a message.
        """
        self._is_unused = False
        if self._is_left and (self._outstanding or not self._is_exhausted):
            raise ChatRoutesError(
                "The block of the batch has ended: read the results inside of it.", status_code=None
            )
        if self._is_closed:
            raise StopAsyncIteration
        await self._workers.require_started(self)
        try:
            result = await self._next_result()
            if self._on_progress is not None:
                progress = BatchProgress(self._completed, self._failed, self._skipped, self._total)
                await run_callback_async(self._on_progress, progress)
        except BatchStoppedError:  # closed by another task
            raise StopAsyncIteration from None
        except Exception:  # of the batch, the input or the callback, or the end of the results
            await self.close()
            raise
        except BaseException:
            if await self._workers.stop_after_interrupt():
                self._end()
            raise
        return result

    async def close(self) -> None:
        """End all requests and close their connections. Closing twice is harmless."""
        self._end()
        await self._workers.stop()

    def _end(self) -> None:
        self._is_unused = False
        self._is_closed = True
        self._rate_limiter.stop()

    async def _next_result(self) -> BatchResult[T]:
        while True:
            await self._read_items()
            if not self._outstanding:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            if self._order and self._order[0] in self._early:
                result = self._early.pop(self._order.popleft())
            else:
                result = await self._workers.take()
                if not isinstance(result, Unsent):
                    self._watch(result.error)
                if self._ordered:
                    self._early[result.index] = result
                    continue
            self._outstanding -= 1
            if isinstance(result, Unsent):
                continue
            if result.error is None:
                self._completed += 1
            elif result.error is self._error or is_fatal(result.error):
                continue  # the error of the batch, and not of the item
            else:
                self._failed += 1
            return result

    async def _read_items(self) -> None:
        """Read items, until there is enough to do or a result."""
        while (
            not self._is_exhausted
            and self._outstanding < self._max_outstanding
            and not self._workers.has_result
        ):
            try:
                item = await anext(self._items)
                prepared = self._plan.prepare(self._read, item, self._batch_key)
            except StopAsyncIteration:
                self._is_exhausted = True
            # An error of the input, or of a function such as `key`, is raised after the replies to earlier items.
            except Exception as error:  # noqa: BLE001
                self._fail(error)
            else:
                self._put(prepared)

    def _put(self, prepared: BatchItem[T] | None) -> None:
        self._read += 1
        if prepared is None:
            self._skipped += 1
            return
        self._workers.put(prepared)
        self._outstanding += 1
        if self._ordered:
            self._order.append(prepared.index)

    def _watch(self, error: ChatRoutesError | None) -> None:
        """End the batch after an error that all other items would have too."""
        self._refused = self._refused + 1 if is_refused(error) else 0
        if error is not None and (
            is_fatal(error)
            or self._refused == MAX_REFUSED
            or (self._rate_limiter.is_exhausted and isinstance(error, RateLimitError))
        ):
            self._rate_limiter.stop()
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._is_exhausted = True
        if self._error is None:
            self._error = error


class _AsyncSender:
    """Sends the items of a batch. The workers share it, and it does not refer to the batch."""

    def __init__(
        self,
        requestor: AsyncRequestor,
        options: types.StreamOptions,
        rate_limiter: AsyncRateLimiter,
    ) -> None:
        self._requestor = requestor
        self._options = options
        self._rate_limiter = rate_limiter
        self._active: set[Closable] = set()

    async def send(self, item: BatchItem[T]) -> BatchResult[T] | Unsent:
        """Create the conversation of an item, and receive the reply, unless the batch ends."""
        conversation_id = item.conversation_id
        response: types.SendMessageResponse | None = None
        failure: ChatRoutesError | None = None
        started = monotonic()
        try:
            with self._requestor.wake_on_close(self._rate_limiter.wake):
                await self._rate_limiter.wait()
            started = monotonic()
            validate_content(item.message, f"Item {item.index}")
            if conversation_id is None:
                # Raises if the message cannot be written as JSON, before anything is sent.
                requestor = self._requestor
                requestor.build_request(
                    requestor.build_operation_request(stream_message.request, "new", item.message)
                )
                conversation_id = await self._create_conversation(item, started)
            response = await self._receive(item, conversation_id, started)
        except BatchStoppedError:
            return Unsent(item.index)
        except ChatRoutesError as error:
            failure = error
            if is_fatal(error):
                self._rate_limiter.stop()
        text = response["assistantMessage"]["content"] if response is not None else None
        return BatchResult(
            item.index,
            item.item,
            item.key,
            conversation_id,
            response,
            text or (failure and failure.partial_content) or "",
            response.get("usage") if response is not None else None,
            monotonic() - started,
            failure,
        )

    def interrupt(self) -> None:
        """Interrupt the requests of all workers, and send no more."""
        self._rate_limiter.stop()
        for each in self._active.copy():  # other threads change it
            each.close()

    async def _create_conversation(self, item: BatchItem[T], started: float) -> str:
        requestor = self._for_request(started, item.idempotency_key("conversation"))
        with self._activate(requestor):
            conversation = await requestor.execute(
                create_conversation.request, create_conversation.read, {}, item.conversation
            )
        return conversation["id"]

    async def _receive(
        self, item: BatchItem[T], conversation_id: str, started: float
    ) -> types.SendMessageResponse:
        """Receive the whole reply to an item.

        When a program is killed, the service stops the replies that it was receiving, and keeps each
        as the result of its idempotency key. Such a reply and its message are deleted, and the message
        is sent with the next key.
        """
        text = ""
        for number in range(_MAX_CUT_REPLIES):
            key = item.idempotency_key("message", number)
            requestor = self._for_request(started, key, is_stream=True)
            stream = AsyncMessageStream(requestor, conversation_id, item.message)
            with self._activate(stream):
                response = await stream.get_final_response()
            if stream.finish_reason != "cancelled":
                return response
            text = response["assistantMessage"]["content"]
            await self._delete_turn(response, started)
        error = StreamInterruptedError("The service has stopped the reply each time.")
        error.partial_content = text
        raise error

    async def _delete_turn(self, response: types.SendMessageResponse, started: float) -> None:
        for message in (response["assistantMessage"], response.get("userMessage")):
            message_id = message.get("id") if message else None
            if not message_id:  # the compact dialect has no id of the user's message
                continue
            requestor = self._for_request(started, None)
            with self._activate(requestor), contextlib.suppress(NotFoundError):
                await requestor.execute(delete_message.request, delete_message.read, {}, message_id)

    def _for_request(
        self, started: float, idempotency_key: str | None, *, is_stream: bool = False
    ) -> AsyncBatchRequestor:
        """Return a requestor for one request of an item. The deadline counts from `started`."""
        options: types.StreamOptions = {**self._options, "idempotency_key": idempotency_key}
        if not is_stream:
            options.pop("first_event_timeout", None)
        requestor = self._requestor.begin_call(options, is_stream=is_stream, started=started)
        batch_requestor = requestor.with_class(AsyncBatchRequestor)
        batch_requestor.rate_limiter = self._rate_limiter
        return batch_requestor

    @contextlib.contextmanager
    def _activate(self, requestor: Closable) -> Generator[None]:
        self._active.add(requestor)
        try:
            yield
        finally:
            self._active.discard(requestor)
