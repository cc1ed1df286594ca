"""Replies that a program sets in advance, in place of those of the built-in model: for tests.

A request is a message to reply to. A retry of it, with the same Idempotency-Key, gets the same reply
again: it takes no second reply from a list, and does not call a function again.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, TypeGuard

from chatroutes_server.errors import InternalError
from chatroutes_server.llm.model import Context
from chatroutes_server.llm.reply import Reply, ReplyRequest
from chatroutes_server.nearest_name import nearest_name

logger: logging.Logger = logging.getLogger("chatroutes_server")

ANY_MODEL = "*"
MAX_OUTCOMES = 1000  # of the latest messages; a retry follows soon
MAX_ERROR_LENGTH = 200  # characters
_PATTERN_CHARACTERS = re.compile(r"[*^$|()\[\]\\]")

ReplyValue = str | Reply
ReplyFunction = Callable[[ReplyRequest], ReplyValue | Awaitable[ReplyValue]]
ModelReplies = ReplyValue | Sequence[ReplyValue] | Iterator[ReplyValue] | ReplyFunction
# The keys are model names, or patterns. Two types of mappings would keep mypy from inferring a dict's.
RepliesSource = ModelReplies | Mapping[Any, ModelReplies]

_Source = Callable[[ReplyRequest], Awaitable[Reply]]
_Outcome = tuple[Any, BaseException | None]  # the value of a call, or its error


class NoReplyError(Exception):
    """There is no reply to a request. The message is for the author of the replies."""


class Replies:
    """The replies of a server, if it has any. Otherwise, the built-in model replies.

    Attributes:
        models: The names of the models that have replies of their own.
    """

    def __init__(self, source: RepliesSource | None = None) -> None:
        self.set(source)

    def set(self, source: RepliesSource | None) -> None:
        """Replace the replies. None restores the built-in model. Any thread may call this.

        Raises:
            ValueError: If no reply can come from `source`, or a reply in it is invalid.
        """
        compiled = None if source is None else _compile_source(source)
        models = list(source) if _is_mapping(source) else []
        self.models: list[str] = [
            key for key in models if isinstance(key, str) and key != ANY_MODEL
        ]
        self._outcomes: dict[str, Reply | str] = {}  # by the id of the message; an error is a str
        self._count = 0
        self._source = compiled

    def __bool__(self) -> bool:
        return self._source is not None

    async def get(self, context: Context) -> Reply:
        """Return the reply to a context.

        Raises:
            InternalError: If there is none.
        """
        outcomes = self._outcomes
        outcome = outcomes.get(context.message_id)
        if outcome is None:
            outcome = outcomes[context.message_id] = await self._produce(context)
            if len(outcomes) > MAX_OUTCOMES:
                del outcomes[next(iter(outcomes))]
        if isinstance(outcome, str):
            # Clients retry an internal error. It stays the same, so they need not wait.
            raise InternalError(outcome.encode("utf-8", "replace").decode(), retry_after=0)
        return outcome

    async def _produce(self, context: Context) -> Reply | str:
        source = self._source
        if source is None:  # removed since the generation began
            return "replies were removed"
        self._count += 1
        request = ReplyRequest(
            number=self._count,
            model=context.model,
            messages=tuple(context.messages),
            conversation_id=context.conversation_id,
            branch_id=context.branch_id,
            system_prompt=context.system_prompt,
            temperature=context.temperature,
            max_tokens=context.max_tokens,
        )
        try:
            return await source(request)
        except NoReplyError as error:
            return str(error)
        except BaseException as error:  # such as that of pytest.fail, which is no Exception
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            what = f"replies raised {type(error).__name__} for request {request.number}"
            logger.error("%s", what, exc_info=error)
            text = " ".join(str(error).split())[:MAX_ERROR_LENGTH]
            return f"{what}{': ' if text else ''}{text}; the server's log has the traceback"


def _compile_source(source: RepliesSource) -> _Source:
    if not _is_mapping(source):
        return _compile_values(source, "replies")
    if not source:
        raise ValueError("replies is empty: leave it out to use the built-in model")
    if any(isinstance(key, re.Pattern) for key in source):
        if not all(isinstance(getattr(key, "pattern", None), str) for key in source):
            raise ValueError("replies: the keys must be all model names, or all patterns of str")
        return _compile_patterns(source)
    for key in source:
        if not isinstance(key, str) or not key:
            raise ValueError(
                f"replies: invalid key {key!r}, expected the name of a model, or a pattern of re.compile"
            )
        if key != ANY_MODEL and _PATTERN_CHARACTERS.search(key):
            raise ValueError(
                f"replies: {key!r} is not the name of a model; for a pattern, use re.compile({key!r})"
            )
    return _compile_models(source)


def _compile_models(mapping: Mapping[str, ModelReplies]) -> _Source:
    sources = {name: _compile_values(each, f"replies[{name!r}]") for name, each in mapping.items()}

    async def source(request: ReplyRequest) -> Reply:
        found = sources.get(request.model) or sources.get(ANY_MODEL)
        if found is None:
            nearest = nearest_name(request.model, sources)
            hint = f"did you mean {nearest}?" if nearest else f"it has {', '.join(sources)}"
            raise NoReplyError(
                f"replies has no reply for request {request.number} to the model {request.model}; {hint}"
            )
        return await found(request)

    return source


def _compile_patterns(mapping: Mapping[re.Pattern[str], ModelReplies]) -> _Source:
    sources = {
        pattern: _compile_values(each, f"replies[re.compile({pattern.pattern!r})]")
        for pattern, each in mapping.items()
    }

    async def source(request: ReplyRequest) -> Reply:
        for pattern, found in sources.items():
            if pattern.search(request.content):
                return await found(request)
        patterns = ", ".join(repr(pattern.pattern) for pattern in sources)
        raise NoReplyError(
            f"replies has no reply for request {request.number}: no pattern matches "
            f"{_shorten(request.content)!r}; it has {patterns}"
        )

    return source


def _compile_values(values: Any, name: str) -> _Source:
    """Return the source for one model or pattern, or for all requests."""
    if isinstance(values, (str, Reply)):
        return _fixed(_to_reply(values, name))
    if _is_sequence(values):
        replies = [_to_reply(value, f"{name}[{index}]") for index, value in enumerate(values)]
        if not replies:
            raise ValueError(f"{name} is empty: leave it out to use the built-in model")
        return _in_order(replies, name)
    if _is_iterator(values) and not callable(values):  # a MagicMock is both
        return _from_iterator(values, name)
    if not callable(values):
        raise ValueError(
            f"{name}: expected a str, a Reply, a list of them or a function, "
            f"not {_describe(values)}"
        )
    if inspect.isgeneratorfunction(values) or inspect.isasyncgenfunction(values):
        raise ValueError(
            f"{name}: {values.__name__} is a generator function; use a function that returns one reply, "
            "or the list of its replies"
        )
    if not _accepts_one_argument(values):
        function = getattr(values, "__name__", repr(values))
        raise ValueError(f"{name}: the function {function} must accept one argument, the request")
    return _from_function(values, name)


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, ModelReplies]]:
    return isinstance(value, Mapping)


def _is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview))


def _is_iterator(value: Any) -> TypeGuard[Iterator[Any]]:
    return isinstance(value, Iterator)


def _accepts_one_argument(function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
    # Some functions written in C have no signature. Neither has an AsyncMock in Python 3.11.2.
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True


def _fixed(reply: Reply) -> _Source:
    async def source(_request: ReplyRequest) -> Reply:
        return reply

    return source


def _in_order(replies: Sequence[Reply], name: str) -> _Source:
    rest = iter(replies)

    async def source(request: ReplyRequest) -> Reply:
        reply = next(rest, None)
        if reply is None:
            raise NoReplyError(
                f"{name} has no reply for request {request.number}: the list has {len(replies)}"
            )
        return reply

    return source


def _from_iterator(iterator: Iterator[Any], name: str) -> _Source:
    reader = _IteratorReader(iterator)

    async def source(request: ReplyRequest) -> Reply:
        value = await reader.read()
        if value is reader.END:
            raise NoReplyError(
                f"{name} has no reply for request {request.number}: the iterator has ended"
            )
        return _checked(value, name, request)

    return source


class _IteratorReader:
    """Reads an iterator in threads, because it may block: `iter(queue.get, None)`.

    The elements are read one after the other, and are for the requests in their order. An element that
    arrives when its request has ended is for the next request.
    """

    END = object()  # in place of StopIteration, which an async function cannot raise

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator
        self._requests: deque[asyncio.Future[_Outcome]] = deque()
        self._unused: deque[_Outcome] = deque()
        self._reading: asyncio.Future[_Outcome] | None = None

    async def read(self) -> Any:
        """Return the next element, or `END`."""
        if self._unused:
            value, error = self._unused.popleft()
        else:
            request = asyncio.get_running_loop().create_future()
            self._requests.append(request)
            self._start()
            value, error = await request
        if error is not None:
            raise error
        return value

    def _start(self) -> None:
        # A server that was stopped while the iterator blocked had another event loop.
        loop = asyncio.get_running_loop()
        if self._reading is None or self._reading.get_loop() is not loop:
            self._reading = _run_in_thread(lambda: next(self._iterator, self.END))
            self._reading.add_done_callback(self._deliver)

    def _deliver(self, element: asyncio.Future[_Outcome]) -> None:
        self._reading = None
        while self._requests and self._requests[0].done():
            self._requests.popleft()
        if self._requests:
            self._requests.popleft().set_result(element.result())
        else:
            self._unused.append(element.result())
        if self._requests:
            self._start()


def _from_function(function: Callable[[ReplyRequest], Any], name: str) -> _Source:
    async def source(request: ReplyRequest) -> Reply:
        if inspect.iscoroutinefunction(function):
            value = await function(request)
        else:
            value, error = await _run_in_thread(partial(function, request))
            if error is not None:
                raise error
        return _checked(await value if inspect.isawaitable(value) else value, name, request)

    return source


def _run_in_thread(function: Callable[[], Any]) -> asyncio.Future[_Outcome]:
    """Call a function that may block or send requests to this server. Return its value and its error.

    The thread is a daemon: a function that never returns must not prevent the program from exiting.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Outcome] = loop.create_future()

    def set_result(outcome: _Outcome) -> None:
        if not future.done():
            future.set_result(outcome)

    def run() -> None:
        outcome: _Outcome
        try:
            outcome = function(), None
        except BaseException as error:  # noqa: BLE001  reported by the caller
            outcome = None, error
        with suppress(RuntimeError):  # the server has stopped
            loop.call_soon_threadsafe(set_result, outcome)

    Thread(target=run, name="chatroutes-replies", daemon=True).start()
    return future


def _checked(value: Any, name: str, request: ReplyRequest) -> Reply:
    try:
        return _to_reply(value, f"{name}, request {request.number}")
    except ValueError as error:
        raise NoReplyError(str(error)) from None


def _to_reply(value: Any, name: str) -> Reply:
    if isinstance(value, Reply):
        return value
    if isinstance(value, str):
        try:
            return Reply(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    raise ValueError(f"{name}: expected a str or a Reply, not {_describe(value)}")


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    kind = type(value).__name__
    hint = "; pass JSON as text, with json.dumps" if kind in ("dict", "list") else ""
    return f"{kind} {_shorten(repr(value))}{hint}"


def _shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[:length] + "…"
