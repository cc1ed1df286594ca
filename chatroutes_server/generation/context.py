"""The context of a reply: which of the visible messages the model receives.

The context mode of the branch selects the inherited messages: all of them (FULL), the last ten
(PARTIAL) or the fork point (MINIMAL). If the fork point is deleted, the nearest message before it
takes its place. The branch's own messages are always included, up to the message to reply to.

A checkpoint then replaces the selected messages up to and including its anchor: the model receives
the summary as one system message. This is the newest checkpoint of the branch whose anchor is not
before the first selected message. Checkpoints of other branches are not used.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from chatroutes_server.llm.model import ContextMessage
from chatroutes_server.store import checkpoints, messages
from chatroutes_server.store.connection import Connection, Row
from chatroutes_server.tokens import count_tokens

PARTIAL_INHERITED_MESSAGES = 10
SUMMARY_PREFIX = "Summary of the conversation so far:\n"


@dataclass(frozen=True)
class AssembledContext:
    messages: list[ContextMessage]
    parent_id: str | None  # of the message to reply to
    fork_point: str | None  # the text of the message after which the branch starts
    tokens: int
    truncated: bool
    checkpoint_used: bool


def build_context(connection: Connection, branch: Row, max_seq: int) -> AssembledContext:
    """Return the context of the reply to the message with the number `max_seq`."""
    visible = messages.list_visible(connection, branch.id, max_seq)
    selected = _select_by_mode(branch.context_mode, branch.id, visible)
    # A checkpoint never replaces the message to reply to.
    checkpoint = checkpoints.find_latest(connection, branch.id, selected[0].seq, max_seq - 1)
    if checkpoint is not None:
        selected = [row for row in selected if row.seq > checkpoint.anchor_seq]
    # A stopped reply may be empty, and many models reject empty messages.
    context_messages = [ContextMessage(row.role, row.content) for row in selected if row.content]
    tokens = sum(map(attrgetter("token_count"), selected))
    if checkpoint is not None:
        summary = SUMMARY_PREFIX + checkpoint.summary
        context_messages.insert(0, ContextMessage("system", summary))
        tokens += count_tokens(summary)
    return AssembledContext(
        messages=context_messages,
        parent_id=visible[-2].id if len(visible) > 1 else None,
        fork_point=_find_fork_point(branch, visible),
        tokens=tokens,
        truncated=len(selected) < len(visible),
        checkpoint_used=checkpoint is not None,
    )


def _find_fork_point(branch: Row, visible: Sequence[Row]) -> str | None:
    if branch.fork_seq is None:
        return None
    inherited = bisect_right(visible, branch.fork_seq, key=attrgetter("seq"))
    return visible[inherited - 1].content if inherited else None


def _select_by_mode(context_mode: str, branch_id: str, visible: Sequence[Row]) -> Sequence[Row]:
    if context_mode == "FULL":
        return visible
    inherited = next(
        (i for i, row in enumerate(visible) if row.branch_id == branch_id), len(visible)
    )
    if context_mode == "PARTIAL":
        return visible[max(0, inherited - PARTIAL_INHERITED_MESSAGES) :]
    return visible[max(0, inherited - 1) :]  # MINIMAL
