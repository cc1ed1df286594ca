"""Build the document of a conversation from a tree of messages, as other programs store it.

The main branch leads to the active message. Every other message continues the branch of its parent if
it is the first that does, and else begins a branch. No function is recursive, because a tree can be
thousands of messages deep.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, cast

from ..exports import FORMAT, VERSION, ConversationExport
from ._errors import ImportFileError

Json = dict[str, Any]

MAX_TITLE_LENGTH: Final = 1000  # of the contract
NO_TITLE: Final = "Untitled"
SHOWN_IDS: Final = 3
SHOWN_TEXT: Final = 80  # characters


@dataclass
class Node:
    """A message of another program. `parent` is the id of the message before it.

    A node without a role has no content: its children follow its parent.
    """

    id: str
    parent: str | None
    role: str = ""
    content: str = ""
    created_at: str | None = None
    model: str | None = None
    token_count: int | None = None
    metadata: Json = field(default_factory=dict[str, Any])


def build_export(
    conversation: Mapping[str, Any],
    nodes: Iterable[Node],
    active: str | None,
    warnings: Sequence[str] = (),
) -> ConversationExport:
    """Return the document of a conversation.

    Args:
        conversation: The fields of the conversation.
        nodes: The messages, in any order.
        active: The id of the message that the program showed last. Default: the last message.
        warnings: What was left out.

    Raises:
        ImportFileError: If the messages form a cycle.
    """
    by_id = {node.id: node for node in nodes}
    parents = _resolve_parents(by_id)
    kept = [node for node in by_id.values() if node.role]
    positions = sort_by_time(
        [node.id for node in kept],
        [parents[node.id] for node in kept],
        [node.created_at or "" for node in kept],
    )
    order = [kept[number] for number in positions]
    times = _fill_times(order, parents, conversation.get("createdAt"))
    last = _nearest(active, by_id) or (order[-1].id if order else None)
    branches, owners = _assign_branches(order, parents, last, times)
    for branch in branches:
        branch.setdefault("createdAt", conversation.get("createdAt"))
    export: Json = {
        "format": FORMAT,
        "version": VERSION,
        "exportedAt": conversation.get("updatedAt") or conversation.get("createdAt") or "",
        **({"warnings": [*warnings]} if warnings else {}),
        "conversation": {**conversation},
        "branches": [_without_none(branch) for branch in branches],
        "messages": [
            _message(node, owners[node.id], parents[node.id], times[node.id]) for node in order
        ],
        "checkpoints": [],
    }
    return cast("ConversationExport", export)


def _resolve_parents(by_id: Mapping[str, Node]) -> dict[str, str | None]:
    """Return the nearest message above each node that has content.

    Raises:
        ImportFileError: If the nodes form a cycle.
    """
    # The nearest node with content at or above the parent of each node.
    above: dict[str, str | None] = {}
    for start in by_id:
        path: list[str] = []
        on_path: set[str] = set()
        current: str | None = start
        while current is not None and current not in above:
            if current in on_path:
                cycle = path[path.index(current) :]
                shown = ", ".join(map(repr, cycle[:SHOWN_IDS]))
                raise ImportFileError(f"the messages {shown} form a cycle; expected a tree")
            path.append(current)
            on_path.add(current)
            parent = by_id[current].parent
            current = parent if parent in by_id else None
        for node_id in reversed(path):
            parent = by_id[node_id].parent
            if parent is None or parent not in by_id:
                above[node_id] = None
            else:
                above[node_id] = parent if by_id[parent].role else above[parent]
    return above


def sort_by_time(
    ids: Sequence[str],
    parents: Sequence[str | None],
    times: Sequence[str],
    ranks: Sequence[int] | None = None,
) -> Sequence[int]:
    """Return the positions of messages by time, each after its parent.

    Args:
        ids: The ids of the messages.
        parents: The ids of their parents.
        times: Their times, or "". A message is sorted no earlier than its parent.
        ranks: The order of messages with the same time. Default: their positions.
    """
    children: dict[str | None, list[int]] = {}
    for number, parent in enumerate(parents):
        children.setdefault(parent, []).append(number)
    order: list[int] = []
    ready: list[tuple[str, int, int]] = []

    def add_children(parent: str | None, time: str) -> None:
        for number in children.get(parent, ()):
            rank = 0 if ranks is None else ranks[number]
            heapq.heappush(ready, (max(times[number], time), rank, number))

    add_children(None, "")
    while ready:
        time, _, number = heapq.heappop(ready)
        order.append(number)
        add_children(ids[number], time)
    return order


def _fill_times(
    order: Iterable[Node], parents: Mapping[str, str | None], first: str | None
) -> dict[str, str | None]:
    """Return the time of each message. The default is the time of its parent."""
    times: dict[str, str | None] = {}
    for node in order:
        parent = parents[node.id]
        times[node.id] = node.created_at or (first if parent is None else times[parent])
    return times


def _nearest(active: str | None, by_id: Mapping[str, Node]) -> str | None:
    """Return the active node, or the first node above it that has content."""
    seen: set[str] = set()
    while active is not None and active in by_id and active not in seen:
        if by_id[active].role:
            return active
        seen.add(active)
        active = by_id[active].parent
    return None


def _assign_branches(
    order: Sequence[Node],
    parents: Mapping[str, str | None],
    last: str | None,
    times: Mapping[str, str | None],
) -> tuple[list[Json], dict[str, str]]:
    """Return the branches, and the id of the branch of each message."""
    branches: list[Json] = [{"id": "main", "title": "Main", "isMain": True, "isActive": True}]
    owners: dict[str, str] = {}
    while last is not None:
        owners[last] = "main"
        last = parents[last]
    # The message that continues each branch after a message, if there is one.
    continued: set[str | None] = {parents[node_id] for node_id in owners} if owners else {None}
    for node in order:
        if node.id in owners:
            continue
        parent = parents[node.id]
        if parent is not None and parent not in continued:
            owners[node.id] = owners[parent]
        else:
            number = len(branches)
            owners[node.id] = branch_id = f"branch-{number}"
            branches.append(
                {
                    "id": branch_id,
                    "parentBranchId": "main" if parent is None else owners[parent],
                    "forkPointMessageId": parent,
                    "title": f"Branch {number}",
                    "isMain": False,
                    "isActive": True,
                    "createdAt": times[node.id],
                }
            )
        continued.add(parent)
    return branches, owners


def _message(node: Node, branch_id: str, parent: str | None, time: str | None) -> Json:
    metadata = {**({} if node.model is None else {"model": node.model}), **node.metadata}
    return _without_none(
        {
            "id": node.id,
            "branchId": branch_id,
            "parentMessageId": parent,
            "role": node.role,
            "content": node.content,
            "model": node.model,
            "tokenCount": node.token_count,
            "createdAt": time,
            "metadata": metadata or None,
        },
        keep=("parentMessageId",),
    )


def _without_none(fields: Mapping[str, Any], keep: Sequence[str] = ()) -> Json:
    return {name: value for name, value in fields.items() if value is not None or name in keep}


def make_title(title: object, text: str = "") -> str:
    """Return the title of a conversation. Without a title, it is the beginning of a text."""
    given = title.strip() if isinstance(title, str) else ""
    if given:
        return given[:MAX_TITLE_LENGTH]
    line = text.strip().partition("\n")[0].strip()
    return (line if len(line) <= SHOWN_TEXT else f"{line[:SHOWN_TEXT].rstrip()}…") or NO_TITLE


def format_time(value: object) -> str | None:
    """Return a time of another program as in the contract, or None if it is not a time.

    Args:
        value: Seconds since 1970, or a text in ISO 8601.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def as_object(value: Any) -> Json:
    """Return an object of JSON, or an empty one for any other value."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> Sequence[Any]:
    """Return an array of JSON, or an empty one for any other value."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else []
