# Derived from chatroutes/_async/regeneration.py by scripts/regen.py. Do not edit.

"""Ask the question of a message again, on a new branch that starts before it."""

from __future__ import annotations

from collections.abc import Generator
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
from .._with_blocks import with_block
from ..errors import ChatRoutesError
from . import resources
from .comparison import create_branch_at
from .requestor import Requestor
from .stream import MessageStream

PAGE_SIZE = 1000
"""The number of messages in one request, which is the largest number that the contract allows."""


@with_block
def open_regeneration(
    requestor: Requestor,
    conversation_id: str,
    message_id: str,
    model: str | None,
    options: types.StreamOptions,
) -> Generator[tuple[types.Branch, MessageStream]]:
    """Implement `client.regenerate_stream`."""
    started = monotonic()
    call = requestor.begin_call(call_options(options, "read", 0), started=started)
    question = _find_question(call, conversation_id, message_id)
    data = question.request(model)
    fork_point = question.fork_point(conversation_id)
    call = requestor.begin_call(call_options(options, "branch", 0), started=started)
    try:
        branch = create_branch_at(
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
    with MessageStream(call, conversation_id, data) as stream:
        yield branch, stream


def _find_question(requestor: Requestor, conversation_id: str, message_id: str) -> QuestionFinder:
    """Read the main branch, and if it does not have the message, the branch that has it in the tree.

    A service that leaves the messages out of the tree needs one request for each branch.

    Raises:
        NotFoundError: If no branch has the message.
    """
    finder = _read_branch(requestor, conversation_id, message_id, None)
    if finder.is_found:
        return finder
    tree = resources.Conversations(requestor).get_tree(conversation_id)
    branch_id = find_branch(tree["tree"], message_id)
    branches = resources.Branches(requestor).list(conversation_id)
    others = [read_id(each, "branch") for each in reversed(branches) if not each.get("isMain")]
    for each in sorted(others, key=lambda other: other != branch_id):
        finder = _read_branch(requestor, conversation_id, message_id, each)
        if finder.is_found:
            return finder
    raise unknown_message_error(conversation_id, message_id)


def _read_branch(
    requestor: Requestor, conversation_id: str, message_id: str, branch_id: str | None
) -> QuestionFinder:
    finder = QuestionFinder(message_id)
    messages = resources.Messages(requestor)
    for message in messages.iterate(conversation_id, branch_id, limit=PAGE_SIZE):
        if finder.add(message):
            break
    return finder
