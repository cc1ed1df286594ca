"""Compare models: one branch for each, and the same message on all of them at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from chatroutes_wire.api.branches import create_branch
from chatroutes_wire.api.messages import stream_message

from .. import _lazy_types as types
from .._comparison import ComparisonResult, call_options, validate_comparison
from .._task_group import run_concurrently_async
from ..errors import ChatRoutesError
from .requestor import AsyncRequestor
from .stream import AsyncMessageStream


async def compare(
    requestor: AsyncRequestor,
    conversation_id: str,
    data: types.SendMessageRequest,
    models: Sequence[str],
    at: str | None,
    max_concurrency: int,
    options: types.StreamOptions,
) -> list[ComparisonResult]:
    """Do what `client.compare` documents.

    The branches are created one after the other, by the caller's own thread or task. Only the replies
    are received at the same time, as streams: another thread can close a stream.
    """
    validate_comparison(data, models, max_concurrency)
    requestor.for_call(options, is_stream=True)  # raises before a branch is created
    started = monotonic()
    results = [ComparisonResult(model) for model in models]
    messages: list[Any] = [{**data, "model": model} for model in models]
    requestor.build_operation_request(stream_message.request, conversation_id, messages[0])
    streams: dict[int, AsyncMessageStream] = {}

    async def receive(number: int, stream: AsyncMessageStream) -> None:
        results[number] = await _receive(results[number], stream)

    try:
        for number, model in enumerate(models):
            branch_requestor = requestor.begin_call(
                call_options(options, "branch", number), started=started
            )
            try:
                branch = await _create_branch(branch_requestor, conversation_id, model, at)
            except ChatRoutesError as error:
                if not streams:
                    raise
                results[number] = replace(results[number], error=error)
                continue
            if at is None:  # all branches begin where the first one does
                at = branch.get("forkPointMessageId")
            results[number] = replace(results[number], branch=branch)
            messages[number]["branchId"] = branch["id"]
            streams[number] = AsyncMessageStream(
                requestor.begin_call(
                    call_options(options, "message", number), is_stream=True, started=started
                ),
                conversation_id,
                messages[number],
            )
        calls = [partial(receive, number, stream) for number, stream in streams.items()]
        await run_concurrently_async(calls, max_concurrency, [*streams.values()])
    finally:
        for stream in streams.values():
            await stream.close()
    return results


async def _create_branch(
    requestor: AsyncRequestor, conversation_id: str, model: str, at: str | None
) -> types.Branch:
    data: types.CreateBranchRequest = {"title": model}
    if at is not None:
        data["baseNodeId"] = at
    return await requestor.execute(
        create_branch.request, create_branch.read, {}, conversation_id, data
    )


async def _receive(result: ComparisonResult, stream: AsyncMessageStream) -> ComparisonResult:
    started = monotonic()
    response: types.SendMessageResponse | None = None
    failure: ChatRoutesError | None = None
    try:
        response = await stream.get_final_response()
    except ChatRoutesError as error:
        failure = error
    return replace(
        result,
        response=response,
        text=stream.text,
        usage=stream.usage,
        duration=monotonic() - started,
        error=failure,
    )
