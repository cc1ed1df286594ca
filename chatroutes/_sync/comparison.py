# Derived from chatroutes/_async/comparison.py by scripts/regen.py. Do not edit.

"""Compare models: one branch for each, and the same message on all of them at the same time."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from chatroutes_wire.api.branches import create_branch
from chatroutes_wire.api.messages import stream_message

from .. import _lazy_types as types
from .._comparison import ComparisonResult, validate_comparison
from .._concurrency import Closing
from .._request_options import call_options
from .._with_blocks import with_block
from .._workers import Workers
from ..errors import ChatRoutesError
from ..events import ComparisonEvent, ErrorEvent
from .requestor import Requestor
from .stream import MessageStream


class ComparisonStream(Closing):
    """The replies of several models while they are generated: an iterator of `ComparisonEvent`.

    Iterate over it in one thread or task. After `close`, the iteration ends.
    """

    def __init__(self, models: Sequence[str], max_concurrency: int) -> None:
        self._workers = Workers(self._receive, max_concurrency)
        self._results = [ComparisonResult(model) for model in models]
        self._streams: dict[int, MessageStream] = {}
        self._started: dict[int, float] = {}
        self._unfinished = len(models)  # models whose last event was not returned
        self._is_closed = False

    def __iter__(self) -> Iterator[ComparisonEvent]:
        return self

    def __next__(self) -> ComparisonEvent:
        """Return the next event of any model.

        A model that fails raises nothing: its last event is `error`, and the others continue.
        """
        if self._is_closed or not self._unfinished:
            raise StopIteration
        event = self._workers.take()
        if event.event.type in ("done", "error"):
            self._unfinished -= 1
        return event

    @property
    def results(self) -> list[ComparisonResult]:
        """The results so far, in the order of `models`.

        A reply that has not ended has neither `response` nor `error`, and the text so far.
        """
        return [self._result_so_far(index) for index in range(len(self._results))]

    def get_final_results(self) -> list[ComparisonResult]:
        """Read all replies to their end, and return what `compare` would have returned."""
        for _ in self:
            pass
        return self.results

    def close(self) -> None:
        """Stop all replies. Each result that is not complete gets an error, and keeps the text so far."""
        self._is_closed = True
        for stream in [*self._streams.values()]:
            stream.close()

    def _result_so_far(self, index: int) -> ComparisonResult:
        result, stream = self._results[index], self._streams.get(index)
        if stream is None or result.response is not None or result.error is not None:
            return result
        started = self._started.get(index)
        return replace(
            result,
            text=stream.text,
            usage=stream.usage,
            duration=0.0 if started is None else monotonic() - started,
        )

    def _start(
        self,
        requestor: Requestor,
        conversation_id: str,
        messages: Sequence[types.SendMessageRequest],
        at: str | None,
        options: types.StreamOptions,
    ) -> None:
        """Create the branches, and start to receive the replies.

        The branches are created one after the other, by the caller's own thread or task. Only the replies
        are received at the same time, as streams: another thread can close a stream.

        Raises:
            ChatRoutesError: If the first branch could not be created.
        """
        started = monotonic()
        for index, message in enumerate(messages):
            model = self._results[index].model
            branch_requestor = requestor.begin_call(
                call_options(options, "branch", index), started=started
            )
            try:
                branch = create_branch_at(branch_requestor, conversation_id, model, at)
            except ChatRoutesError as error:
                if not self._streams:
                    raise
                self._results[index] = replace(self._results[index], error=error)
                self._workers.put_result(ComparisonEvent(index, model, ErrorEvent(error)))
                continue
            if at is None:  # all branches begin where the first one does
                at = branch.get("forkPointMessageId")
            self._results[index] = replace(self._results[index], branch=branch)
            self._streams[index] = MessageStream(
                requestor.begin_call(
                    call_options(options, "message", index), is_stream=True, started=started
                ),
                conversation_id,
                {**message, "branchId": branch["id"]},
            )
        for index in self._streams:
            self._workers.put(index)

    def _receive(self, index: int) -> ComparisonEvent:
        """Read a stream to its end, and return the last event when the result is there."""
        stream, model = self._streams[index], self._results[index].model
        self._started[index] = monotonic()
        response: types.SendMessageResponse | None = None
        failure: ChatRoutesError | None = None
        last: Any = None
        if self._is_closed:  # `close` has not come to this stream yet
            stream.close()
        try:
            for event in stream.events():
                if event.type == "done":
                    last, response = event, event.response
                elif event.type == "error":
                    last, failure = event, event.error
                else:
                    self._workers.put_result(ComparisonEvent(index, model, event))
        except ChatRoutesError as error:  # the stream was closed
            last, failure = ErrorEvent(error), error
        result = self._result_so_far(index)
        self._results[index] = replace(result, response=response, error=failure)
        return ComparisonEvent(index, model, last)


@with_block
def open_comparison(
    requestor: Requestor,
    conversation_id: str,
    messages: Sequence[types.SendMessageRequest],
    models: Sequence[str],
    at: str | None,
    max_concurrency: int,
    options: types.StreamOptions,
) -> Generator[ComparisonStream]:
    """Implement `client.compare_stream`, with the messages that `build_messages` returned."""
    comparison = ComparisonStream(models, max_concurrency)
    with comparison._workers:
        try:
            comparison._start(requestor, conversation_id, messages, at, options)
            yield comparison
        finally:
            comparison.close()


def build_messages(
    requestor: Requestor,
    conversation_id: str,
    data: types.SendMessageRequest,
    models: Sequence[str],
    at: str | None,
    max_concurrency: int,
    options: types.StreamOptions,
) -> list[types.SendMessageRequest]:
    """Check the arguments of a comparison, and return the message to each model. Nothing is sent.

    Raises:
        ValidationError: If an argument is invalid.
    """
    validate_comparison(data, models, at, max_concurrency)
    requestor.for_call(options, is_stream=True)
    messages: list[Any] = [{**data, "model": model} for model in models]
    for message in messages:  # also those that cannot be written as JSON
        requestor.build_request(
            requestor.build_operation_request(stream_message.request, conversation_id, message)
        )
    return messages


def create_branch_at(
    requestor: Requestor, conversation_id: str, title: str, at: str | None
) -> types.Branch:
    """Create a branch after the message `at`, or after the last one of the main branch."""
    data: types.CreateBranchRequest = {"title": title}
    if at is not None:
        data["baseNodeId"] = at
    return requestor.execute(create_branch.request, create_branch.read, {}, conversation_id, data)
