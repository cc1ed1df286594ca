"""Ask the question of a message again, on a new branch that starts before it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from time import monotonic

from .. import _lazy_types as types
from .._normalize import read_id
from .._regeneration import (
    QuestionFinder,
    add_beginning_hint,
    find_branch,
    require_beginning,
    unknown_message_error,
)
from .._request_options import call_options
from .._with_blocks import with_block_async
from ..errors import ChatRoutesError
from . import resources
from .comparison import create_branch_at
from .requestor import AsyncRequestor
from .stream import AsyncMessageStream

PAGE_SIZE = 1000
"""The number of messages in one request, which is the largest number that the contract allows."""


@with_block_async
async def open_regeneration(
    requestor: AsyncRequestor,
    conversation_id: str,
    message_id: str,
    model: str | None,
    options: types.StreamOptions,
) -> AsyncGenerator[tuple[types.Branch, AsyncMessageStream]]:
    """Implement `client.regenerate_stream`."""
    started = monotonic()
    call = requestor.begin_call(call_options(options, "read", 0), started=started)
    question = await _find_question(call, conversation_id, message_id)
    data = question.request(model)
    fork_point = question.fork_point(conversation_id)
    call = requestor.begin_call(call_options(options, "branch", 0), started=started)
    try:
        branch = await create_branch_at(
            call, conversation_id, data.get("model") or "Regenerated", fork_point
        )
    except ChatRoutesError as error:
        if fork_point == conversation_id:
            add_beginning_hint(error)
        raise
    if fork_point == conversation_id:
        require_beginning(branch, conversation_id)
    data["branchId"] = branch["id"]
    call = requestor.begin_call(
        call_options(options, "message", 0), is_stream=True, started=started
    )
    async with AsyncMessageStream(call, conversation_id, data) as stream:
        yield branch, stream


async def _find_question(
    requestor: AsyncRequestor, conversation_id: str, message_id: str
) -> QuestionFinder:
    """Read the main branch, and if it does not have the message, the branch that has it in the tree.

    A service that leaves the messages out of the tree needs one request for each branch.

    Raises:
        NotFoundError: If no branch has the message.
    """
    finder = await _read_branch(requestor, conversation_id, message_id, None)
    if finder.is_found:
        return finder
    tree = await resources.AsyncConversations(requestor).get_tree(conversation_id)
    branch_id = find_branch(tree["tree"], message_id)
    branches = await resources.AsyncBranches(requestor).list(conversation_id)
    others = [read_id(each, "branch") for each in reversed(branches) if not each.get("isMain")]
    for each in sorted(others, key=lambda other: other != branch_id):
        finder = await _read_branch(requestor, conversation_id, message_id, each)
        if finder.is_found:
            return finder
    raise unknown_message_error(conversation_id, message_id)


async def _read_branch(
    requestor: AsyncRequestor, conversation_id: str, message_id: str, branch_id: str | None
) -> QuestionFinder:
    finder = QuestionFinder(message_id)
    messages = resources.AsyncMessages(requestor)
    async for message in messages.iterate(conversation_id, branch_id, limit=PAGE_SIZE):
        if finder.add(message):
            break
    return finder
