"""The notifications between the servers of a shared database.

Each is a word and its values. It can be lost, so no data depends on it:

* `waiting BRANCH...`: a turn waits for the branches. Abandoned turns on them end.
* `following MESSAGE`: clients of another server wait for the reply to a message. Its turn is not
  abandoned.
* `deleted FIELD ID`: a conversation, branch or message was deleted. Its turns end.

A server that waits repeats its notification every second.
"""

from __future__ import annotations

from collections.abc import Callable

from chatroutes_server.generation.turns import Turn, TurnQueue

FOLLOWED_FOR = 3  # seconds after `following` in which its turn is not abandoned


def waiting(turn: Turn) -> str | None:
    """Return the notification for the servers that a turn waits for, if a client waits for the turn."""
    if turn.abandoned or turn.recovered:
        return None
    if turn.message_id is None:
        return " ".join(["waiting", *sorted(turn.branch_ids)])
    # The message is stored already, so another server generates the reply, or has stopped.
    return f"following {turn.message_id}"


def deleted(field: str, deleted_id: str) -> str:
    """Return the notification that an object was deleted."""
    return f"deleted {field} {deleted_id}"


def receive(payload: str, turns: TurnQueue, on_following: Callable[[str], None]) -> None:
    """Apply a notification. Words that this release does not know are ignored."""
    match payload.split():
        case ["waiting", *branch_ids]:
            turns.end_abandoned(branch_ids)
        case ["following", message_id]:
            on_following(message_id)
        case ["deleted", field, deleted_id]:
            turns.end_deleted(field, deleted_id)
        case _:
            pass
