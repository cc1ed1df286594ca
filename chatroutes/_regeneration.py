"""The result of `client.regenerate`, and the search for the question of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from chatroutes_wire.client import describe_argument

from . import _lazy_types as types
from ._normalize import message_metadata
from .errors import ChatRoutesError, NotFoundError, ResponseError, ValidationError, invalid_argument

SETTINGS = ("model", "temperature", "maxTokens")


@dataclass(frozen=True, slots=True)
class RegenerationResult:
    """The result of `client.regenerate`.

    Attributes:
        branch: The new branch. It has the messages before the question, the question and the new reply.
        response: What `messages.send` would have returned.
    """

    branch: types.Branch
    response: types.SendMessageResponse

    @property
    def text(self) -> str:
        """The text of the new reply."""
        return self.response["assistantMessage"]["content"]


def validate_regeneration(conversation_id: object, message_id: object, model: object) -> None:
    """Check the arguments of `client.regenerate`, before anything is sent.

    Raises:
        ValidationError: If an argument is invalid.
    """
    names = {"conversation_id": conversation_id, "message_id": message_id}
    if model is not None:
        names["model"] = model
    for name, value in names.items():
        if not isinstance(value, str) or not value:
            raise invalid_argument(
                f"{name} must be a string that is not empty, not {describe_argument(value)}."
            )


class QuestionFinder:
    """Finds the question of a message in the messages of a branch, which are added in their order.

    The question is the message itself if a user wrote it, or else the last message of a user before it.
    """

    def __init__(self, message_id: str) -> None:
        self.is_found = False  # the message, which may have no question
        self._message_id = message_id
        self._question: Mapping[str, Any] | None = None
        self._parent_id: str | None = None  # of the question
        self._last_id: str | None = None
        self._settings: dict[str, Any] = {}

    def add(self, message: Mapping[str, Any]) -> bool:
        """Add the next message of a branch. Return whether no other message is needed."""
        is_user = message.get("role") == "user"
        if self.is_found:  # the message is the question, and this is the reply to it
            if not is_user:
                self._read_settings(message)
            return True
        if is_user:
            self._question, self._parent_id = message, self._last_id
        self._last_id = str(message.get("id"))
        self.is_found = self._last_id == self._message_id
        if self.is_found and not is_user:
            self._read_settings(message)
            return True
        return False

    def request(self, model: str | None) -> types.SendMessageRequest:
        """Return the request that asks the question again, with the settings of the reply to it.

        Raises:
            ValidationError: If no message of a user precedes the message.
        """
        if self._question is None:
            raise ValidationError(
                f"The message {self._message_id!r} has no question: no message of a user precedes it.",
                status_code=None,
                hint="Pass the id of a reply, or of a message of a user.",
            )
        data = {"content": self._question.get("content"), **self._settings}
        if model is not None:
            data["model"] = model
        return cast("types.SendMessageRequest", data)

    def fork_point(self, conversation_id: str) -> str:
        """Return the id of the message before the question, or of the conversation if there is none."""
        return self._parent_id or conversation_id

    def _read_settings(self, reply: Mapping[str, Any]) -> None:
        metadata = message_metadata(cast("dict[str, Any]", reply))
        self._settings = {
            name: metadata[name] for name in SETTINGS if metadata.get(name) is not None
        }


def find_branch(tree: Mapping[str, Any], message_id: str) -> str | None:
    """Return the id of the branch of a message in a nested tree, or None if the tree does not have it."""
    stack: list[tuple[object, object]] = [(tree, None)]
    while stack:
        value, branch_id = stack.pop()
        if not isinstance(value, Mapping):  # the tree is not that of the contract
            continue
        node = cast("Mapping[str, Any]", value)
        info = node.get("branchInfo")
        if isinstance(info, Mapping):
            branch_id = cast("Mapping[str, Any]", info).get("branchId") or branch_id
        if node.get("id") == message_id:
            return branch_id if isinstance(branch_id, str) else None
        children = node.get("children")
        if isinstance(children, list):
            stack += [(child, branch_id) for child in cast("list[object]", children)]
    return None


def unknown_message_error(conversation_id: str, message_id: str) -> NotFoundError:
    """Return the error for a message that no branch of the conversation has."""
    return NotFoundError(
        f"There is no message {message_id!r} on any branch of the conversation {conversation_id!r}.",
        status_code=None,
        hint="messages.list and branches.get_messages return the messages with their ids. A reply that "
        "was just stopped may not be listed yet: pass the id of its question instead.",
    )


_NEW_CONVERSATION = (
    "This service cannot start a branch before the first message. "
    "Create a conversation, and send the question to it."
)


def add_beginning_hint(error: ChatRoutesError) -> None:
    """Add what to do to the error of a service that cannot start a branch before the first message."""
    if isinstance(error, (ValidationError, NotFoundError)):
        error.hint = _NEW_CONVERSATION


def require_beginning(branch: types.Branch, conversation_id: str) -> None:
    """Check that a branch starts before the first message of the conversation.

    Raises:
        ResponseError: If the service has created a branch that starts after a message.
    """
    if branch.get("forkPointMessageId") not in (None, conversation_id):
        raise ResponseError(
            f"The service started the branch {branch['id']!r} after a message, and not before the "
            "first one.",
            status_code=None,
            hint=f"{_NEW_CONVERSATION} The branch is empty and can be deleted.",
        )
