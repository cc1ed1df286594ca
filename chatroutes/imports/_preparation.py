"""Prepare the document of a conversation for the local server, which stores no contradictions.

A document of another service can refer to messages that were deleted, or have a message that follows
another one than the last message of its branch. The branches are then adapted to the parents of the
messages.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast, get_args

from ..exports import ConversationExport, InvalidExportError, validate
from ..types import ContextMode
from ._errors import ImportFileError
from ._nodes import MAX_TITLE_LENGTH, NO_TITLE, Json, format_time, make_title

# Limits of the contract.
MAX_DESCRIPTION_LENGTH: Final = 10_000
CONTEXT_MODES: Final = get_args(ContextMode)

_SURROGATE: Final = "[\ud800-\udfff]"


class PreparedImport(NamedTuple):
    """A document that the local server accepts, and what was changed."""

    document: Json
    warnings: list[str]


def prepare(export: ConversationExport) -> PreparedImport:
    """Return a valid document without contradictions: a copy, if something had to be changed.

    Raises:
        ImportFileError: If it is not a document of a conversation, or JSON cannot represent it.
    """
    try:
        validate(export)
    except InvalidExportError as error:
        raise ImportFileError(error.message, error.location) from error
    warnings: list[str] = []
    document = cast("Json", {name: value for name, value in export.items() if name != "warnings"})
    document = _replace_surrogates(document, warnings)
    conversation = {**document["conversation"]}
    conversation["title"] = make_title(conversation.get("title"))
    document["conversation"] = conversation
    branches = [
        _clean_branch(each, warnings)
        for each in sorted(document["branches"], key=lambda each: not each["isMain"])
    ]
    messages = _assign_branches(branches, document["messages"], warnings)
    _set_empty_fork_points(branches, messages, warnings)
    document["branches"] = _sort_branches(branches, messages)
    document["messages"] = _sort_messages(
        document["branches"], messages, format_time(conversation.get("createdAt")) or ""
    )
    document["checkpoints"] = _visible_checkpoints(document["checkpoints"], messages, warnings)
    return PreparedImport(document, warnings)


def _replace_surrogates(document: Json, warnings: list[str]) -> Json:
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise ImportFileError("the document is nested too deeply") from None
    except (ValueError, TypeError) as error:  # a number that is not finite, or another class
        raise ImportFileError(f"JSON cannot represent the document: {error}") from error
    try:
        text.encode()
    except UnicodeEncodeError:
        warnings.append("Lone surrogates, which are not characters, were replaced by U+FFFD.")
        replaced: Json = json.loads(re.sub(_SURROGATE, "\N{REPLACEMENT CHARACTER}", text))
        return replaced
    return document


def _clean_branch(branch: Json, warnings: list[str]) -> Json:
    cleaned = {**branch}
    if cleaned["isMain"]:
        cleaned["parentBranchId"] = cleaned["forkPointMessageId"] = None
    title = cleaned.get("title")
    if not title or len(title) > MAX_TITLE_LENGTH:
        cleaned["title"] = title[:MAX_TITLE_LENGTH] if title else NO_TITLE
    description = cleaned.get("description")
    if description and len(description) > MAX_DESCRIPTION_LENGTH:
        warnings.append(f"The description of the branch {cleaned['title']!r} was shortened.")
        cleaned["description"] = description[:MAX_DESCRIPTION_LENGTH]
    mode = cleaned.get("contextMode")
    if mode is not None and mode not in CONTEXT_MODES:
        warnings.append(f"The context mode {mode!r} of a branch is unknown; FULL is used instead.")
        cleaned["contextMode"] = "FULL"
    return cleaned


def _assign_branches(
    branches: list[Json], messages: Sequence[Json], warnings: list[str]
) -> list[Json]:
    """Return the messages, each on a branch whose last message is its parent.

    A message that follows another message of its branch begins a branch of its own. The fork point of
    a branch is the parent of its first message.
    """
    by_id = {each["id"]: each for each in branches}
    main_id = branches[0]["id"]
    last: dict[str, str] = {}  # the last message of each branch so far
    split: dict[tuple[str, str], str] = {}  # the branch that continues a branch after a message
    assigned: list[Json] = []
    added = 0
    for message in messages:
        parent, branch_id = message["parentMessageId"], message["branchId"]
        if branch_id in last or branch_id == main_id:
            if last.get(branch_id) != parent:
                declared, branch_id = branch_id, split.pop((branch_id, parent), "")
                if not branch_id:
                    branch_id = _unused_id(f"{declared}-{message['id']}", by_id)
                    by_id[branch_id] = _split_branch(by_id[declared], branch_id, message)
                    branches.append(by_id[branch_id])
                    added += 1
                split[declared, message["id"]] = branch_id
                message = {**message, "branchId": branch_id}
        else:
            by_id[branch_id]["forkPointMessageId"] = parent
        last[branch_id] = message["id"]
        assigned.append(message)
    if added:
        warnings.append(
            f"{added} branches were added, for messages that do not follow the last message of their branch."
        )
    return assigned


def _split_branch(branch: Json, branch_id: str, first: Json) -> Json:
    return {
        "id": branch_id,
        "title": branch["title"],
        "isMain": False,
        "isActive": True,
        "forkPointMessageId": first["parentMessageId"],
        "createdAt": first.get("createdAt"),
    }


def _unused_id(wanted: str, taken: Mapping[str, object]) -> str:
    wanted = wanted[:200]
    number = 1
    while wanted in taken:
        number += 1
        wanted = f"{wanted.rstrip('0123456789-')}-{number}"
    return wanted


def _set_empty_fork_points(
    branches: Sequence[Json], messages: Sequence[Json], warnings: list[str]
) -> None:
    """Replace the deleted fork points of branches without messages.

    `messageCount` is the number of their visible messages, and so determines the last one.
    """
    by_id = {each["id"]: each for each in messages}
    last = {each["branchId"]: each["id"] for each in messages}
    for branch in branches:  # each after its parent
        fork_point = branch.get("forkPointMessageId")
        if fork_point is None or fork_point in by_id:
            last.setdefault(branch["id"], fork_point)
            continue
        line: list[str] = []
        current = last.get(branch.get("parentBranchId") or "")
        while current is not None:
            line.append(current)
            current = by_id[current]["parentMessageId"]
        line.reverse()
        count = branch.get("messageCount")
        visible = line if count is None else line[: int(count)]
        branch["forkPointMessageId"] = visible[-1] if visible else None
        last.setdefault(branch["id"], branch["forkPointMessageId"])
        if count is None:
            warnings.append(
                f"The fork point of the branch {branch['title']!r} was deleted; the branch begins after "
                "the last message of its parent."
            )


def _sort_branches(branches: Sequence[Json], messages: Sequence[Json]) -> list[Json]:
    """Return the branches, each after its parent: the branch of its fork point."""
    positions = {each["id"]: number for number, each in enumerate(messages)}
    owners = {each["id"]: each["branchId"] for each in messages}
    for branch in branches[1:]:
        fork_point = branch.get("forkPointMessageId")
        branch["parentBranchId"] = branches[0]["id"] if fork_point is None else owners[fork_point]
    seen: set[str] = set()
    for branch in branches:
        if not branch["isMain"] and branch["parentBranchId"] not in seen:
            break
        seen.add(branch["id"])
    else:
        return [*branches]

    def position(branch: Json) -> int:
        # The fork point of a branch is before those of its children.
        fork_point = branch.get("forkPointMessageId")
        return -1 if fork_point is None else positions[fork_point]

    return [branches[0], *sorted(branches[1:], key=position)]


def _sort_messages(
    branches: Sequence[Json], messages: Sequence[Json], default_time: str
) -> list[Json]:
    """Return the messages by time, each after its parent, in an order that depends on the content only."""
    positions = {each["id"]: number for number, each in enumerate(branches)}
    times = [format_time(each.get("createdAt")) or default_time for each in messages]
    children: dict[str | None, list[int]] = {}
    for number, message in enumerate(messages):
        children.setdefault(message["parentMessageId"], []).append(number)
    ordered: list[Json] = []
    ready: list[tuple[str, int, int]] = []

    def add_children(message_id: str | None, time: str) -> None:
        for number in children.get(message_id, ()):
            key = max(times[number], time), positions[messages[number]["branchId"]], number
            heapq.heappush(ready, key)

    add_children(None, "")
    while ready:
        time, _, number = heapq.heappop(ready)
        ordered.append(messages[number])
        add_children(messages[number]["id"], time)
    return ordered


def _visible_checkpoints(
    checkpoints: Sequence[Json], messages: Sequence[Json], warnings: list[str]
) -> list[Json]:
    """Return the checkpoints whose last message was not deleted."""
    ids = {each["id"] for each in messages}
    kept = [each for each in checkpoints if each["anchor_message_id"] in ids]
    if len(kept) < len(checkpoints):
        warnings.append(
            f"{len(checkpoints) - len(kept)} checkpoints were left out, because the last message that "
            "they summarize was deleted."
        )
    return kept
