"""What a model is given of the messages that a branch sees.

The context mode decides first: of the inherited messages it keeps all (FULL), the last ten
(PARTIAL) or the one at the fork point (MINIMAL); the branch's own messages count always, up to the
one that is answered. If the fork point was deleted, the nearest message before it takes its place.

Then the branch's newest checkpoint whose anchor is not before all that was kept stands in: its
summary, as one system message, takes the place of the kept messages up to and including the
anchor. A checkpoint that would stand for nothing kept is not used, and checkpoints of other
branches never are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from chatroutes_server.llm.model import ContextMessage
from chatroutes_server.store import checkpoints, messages
from chatroutes_server.tokens import count_tokens

INHERITED_IN_PARTIAL = 10
SUMMARY_INTRODUCTION = "Summary of the conversation so far:\n"


@dataclass(frozen=True)
class AssembledContext:
    messages: list[ContextMessage]
    tokens: int
    truncated: bool
    checkpoint_used: bool


def assemble(connection: Connection, branch: Row[Any], up_to: int) -> AssembledContext:
    """Put together what the branch's model is given to answer the message of that number."""
    seen = messages.seen_by(connection, branch.id, up_to)
    kept = keep(branch.context_mode, branch.id, seen)
    # The message that is answered is never summarised.
    checkpoint = checkpoints.newest(connection, branch.id, kept[0].seq, up_to - 1)
    if checkpoint is not None:
        kept = [row for row in kept if row.seq > checkpoint.anchor_seq]
    given = [ContextMessage(row.role, row.content) for row in kept]
    tokens = sum(row.token_count for row in kept)
    if checkpoint is not None:
        summary = SUMMARY_INTRODUCTION + checkpoint.summary
        given.insert(0, ContextMessage("system", summary))
        tokens += count_tokens(summary)
    return AssembledContext(given, tokens, len(kept) < len(seen), checkpoint is not None)


def keep(context_mode: str, branch_id: str, seen: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Decide which of the messages that a branch sees its mode keeps."""
    own_from = next((i for i, row in enumerate(seen) if row.branch_id == branch_id), len(seen))
    if context_mode == "PARTIAL":
        return seen[max(0, own_from - INHERITED_IN_PARTIAL) :]
    if context_mode == "MINIMAL":
        return seen[max(0, own_from - 1) :]
    return seen
