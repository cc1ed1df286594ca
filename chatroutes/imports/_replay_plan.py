"""Plan a replay: the questions of a document, in an order in which they can be sent again.

A step refers to earlier steps by the ids of the document. The reply to a question replaces all messages
between this question and the next one. A branch that begins with another reply to a question
begins before the question, and the question is sent again there.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from ._nodes import Json, as_object

MAX_CONTENT_LENGTH: Final = 1_048_576  # of the contract
FIELDS: Final = ("title", "systemPrompt", "temperature", "maxTokens")


@dataclass(frozen=True)
class Place:
    """A message of the new conversation: the question with this id, or the reply to it.

    If merges have copied the message, `copies` is how many times: the place is the last copy.
    """

    question: str
    is_reply: bool
    copies: int = 0


@dataclass(frozen=True)
class CreateBranch:
    """Begin a branch after a message, or at the beginning of the conversation."""

    branch_id: str
    fork_point: Place | None
    title: str
    description: str | None
    context_mode: str | None


@dataclass(frozen=True)
class SendQuestion:
    """Send a question on a branch. Other steps refer to it by `question`."""

    question: str
    branch_id: str
    content: str


@dataclass(frozen=True)
class MergeBranch:
    """Merge a branch into its parent."""

    branch_id: str


Step: TypeAlias = CreateBranch | SendQuestion | MergeBranch


@dataclass(frozen=True)
class ReplayPlan:
    """The requests of a replay.

    Attributes:
        conversation: The fields of the new conversation.
        steps: The other requests, in order.
        warnings: What cannot be sent.
        key: The beginning of the idempotency keys.
    """

    conversation: Json
    steps: Sequence[Step]
    warnings: Sequence[str]
    key: str


def plan_replay(document: Json, model: str) -> ReplayPlan:
    """Return the plan of a replay of a prepared document."""
    return _Planner(document).plan(model)


class _Planner:
    def __init__(self, document: Json) -> None:
        self.document = document
        self.branches: dict[str, Json] = {each["id"]: each for each in document["branches"]}
        self.messages: dict[str, Json] = {each["id"]: each for each in document["messages"]}
        # Where each message is in the new conversation. None: before the first question.
        self.places: dict[str, Place | None] = {}
        # The API begins a branch at the beginning only while there is no message.
        self.first_steps: list[Step] = []
        self.steps: list[Step] = []
        self.created: set[str] = {document["branches"][0]["id"]}  # the main branch
        self.merged: set[str] = set()
        self.contents: dict[str, str] = {}  # of the questions that are sent
        self.parents: dict[str, Place | None] = {}  # the places before the questions
        self.left_out: dict[str, int] = {}

    def plan(self, model: str) -> ReplayPlan:
        document = self.document
        conversation = {
            name: document["conversation"][name]
            for name in FIELDS
            if document["conversation"].get(name) is not None
        }
        conversation["model"] = model
        order, sources = self._order()
        for message in order:
            self._add_message(message, sources.get(message["id"]), conversation)
        for branch_id, branch in self.branches.items():
            if branch_id not in self.created:
                fork_point = branch.get("forkPointMessageId")
                self._create_branch(
                    branch_id, None if fork_point is None else self.places[fork_point]
                )
        if document["checkpoints"]:
            self._leave_out("checkpoints", len(document["checkpoints"]))
        warnings = [f"The replies are new: {model} writes them."]
        warnings += [f"Left out: {what} ({count})." for what, count in self.left_out.items()]
        content = {**document, "exportedAt": None, "model": model}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        steps = [*self.first_steps, *self.steps]
        return ReplayPlan(conversation, steps, warnings, f"replay-{digest[:32]}")

    def _order(self) -> tuple[Sequence[Json], Mapping[str, str]]:
        """Return the messages, and the branches that those are copied from that a merge created.

        Each message is after its parent, and a copy is after the branch that was merged.
        """
        messages: Sequence[Json] = self.document["messages"]
        sources = {each["id"]: source for each in messages if (source := self._merge_source(each))}
        positions = {each["id"]: number for number, each in enumerate(messages)}
        last_of_branch = {each["branchId"]: number for number, each in enumerate(messages)}
        following: list[list[int]] = [[] for _ in messages]
        waits_for = [0] * len(messages)
        previous: dict[str, int] = {}  # the last message of each branch so far
        for number, message in enumerate(messages):
            needed = {previous.get(message["branchId"], -1)}
            if message["parentMessageId"] is not None:
                needed.add(positions[message["parentMessageId"]])
            if message["id"] in sources:
                needed.add(last_of_branch[sources[message["id"]]])
            previous[message["branchId"]] = number
            for each in needed - {-1}:
                following[each].append(number)
                waits_for[number] += 1
        ready = [number for number, count in enumerate(waits_for) if not count]
        order: list[Json] = []
        while ready:
            number = heapq.heappop(ready)
            order.append(messages[number])
            for each in following[number]:
                waits_for[each] -= 1
                if not waits_for[each]:
                    heapq.heappush(ready, each)
        if len(order) < len(messages):  # a branch went on after its merge
            return messages, {}
        return order, sources

    def _merge_source(self, message: Json) -> str | None:
        """Return the branch whose merge into its parent created a message."""
        source = as_object(as_object(message.get("metadata")).get("mergedFrom"))
        branch_id, message_id = source.get("branchId"), source.get("messageId")
        if not isinstance(branch_id, str) or not isinstance(message_id, str):
            return None
        branch, original = self.branches.get(branch_id), self.messages.get(message_id)
        if branch is None or original is None or original["branchId"] != branch_id:
            return None
        return branch_id if branch.get("parentBranchId") == message["branchId"] else None

    def _add_message(self, message: Json, source: str | None, conversation: Json) -> None:
        message_id, role, content = message["id"], message["role"], message["content"]
        before = self.places.get(message["parentMessageId"])
        if source is not None and source in self.created:
            if source not in self.merged:
                self.merged.add(source)
                self.steps.append(MergeBranch(source))
            original = self.places[message["metadata"]["mergedFrom"]["messageId"]]
            self.places[message_id] = (
                before if original is None else replace(original, copies=original.copies + 1)
            )
            return
        if role == "user" and 0 < len(content) <= MAX_CONTENT_LENGTH:
            self._create_branch(message["branchId"], before)
            self._send(message_id, message["branchId"], content, before)
            self.places[message_id] = Place(message_id, is_reply=False)
            return
        self.places[message_id] = before
        if role == "assistant" and before is not None:
            if message["branchId"] not in self.created:
                before = self._send_again(message["branchId"], before)
            self.places[message_id] = replace(before, is_reply=True)
        elif role == "system" and before is None and "systemPrompt" not in conversation and content:
            conversation["systemPrompt"] = content[:MAX_CONTENT_LENGTH]
        elif role == "user":
            self._leave_out("questions that are empty or too long")
        else:
            self._leave_out(f"messages with the role {role!r} that are no reply to a question")

    def _send_again(self, branch_id: str, place: Place) -> Place:
        """Begin a branch before a question, and send the question on it. Return the new question."""
        question = f"{branch_id} {place.question}"
        before = self.parents[place.question]
        self._create_branch(branch_id, before)
        self._send(question, branch_id, self.contents[place.question], before)
        return Place(question, is_reply=False)

    def _send(self, question: str, branch_id: str, content: str, before: Place | None) -> None:
        self.contents[question], self.parents[question] = content, before
        self.steps.append(SendQuestion(question, branch_id, content))

    def _create_branch(self, branch_id: str, place: Place | None) -> None:
        if branch_id in self.created:
            return
        self.created.add(branch_id)
        branch = self.branches[branch_id]
        step = CreateBranch(
            branch_id, place, branch["title"], branch.get("description"), branch.get("contextMode")
        )
        (self.first_steps if place is None else self.steps).append(step)

    def _leave_out(self, what: str, count: int = 1) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + count
