"""The state of a chat: its conversation, its branch and its model."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from chatroutes_cli.branches import choose_branch
from chatroutes_cli.exit_codes import ExitCode
from chatroutes_cli.failures import CommandError
from chatroutes_cli.replies import create_conversation, open_stream

if TYPE_CHECKING:
    from chatroutes import Branch, ChatRoutes, ConversationTree, Message, MessageStream


class ChatConversation:
    """A conversation, which is created with its first question.

    Args:
        client: The client.
        conversation_id: The id of the conversation. Default: a new one.
        model: The model. Default: that of the conversation.
        system_prompt: The instructions for a new conversation.

    Attributes:
        id: The id of the conversation, or None before the first question.
        branch: The current branch, or None for the main branch.
        model: The model, or None for that of the conversation.
    """

    def __init__(
        self,
        client: ChatRoutes,
        conversation_id: str | None = None,
        model: str | None = None,
        system_prompt: str | None = None,
    ) -> None:
        self.id: str | None = conversation_id
        self.branch: Branch | None = None
        self.model: str | None = model
        self._client = client
        self._system_prompt = system_prompt

    @property
    def branch_id(self) -> str | None:
        """The id of the current branch, or None for the main branch."""
        if self.branch is None or self.branch.get("isMain"):
            return None
        return self.branch.get("id")

    def is_current(self, branch: Branch) -> bool:
        """Return whether a branch is the current one."""
        if self.branch is None:
            return bool(branch.get("isMain"))
        return branch.get("id") == self.branch.get("id")

    def ask(self, question: str) -> MessageStream:
        """Return the stream of the reply to a question on the current branch."""
        if self.id is None:
            self.id = create_conversation(self._client, question, self.model, self._system_prompt)
        return open_stream(self._client, self.id, question, self.model, self.branch_id)

    def messages(self) -> list[Message]:
        """Return the messages of the current branch, including those that it inherits."""
        if self.id is None:
            return []
        return self._client.messages.list(self.id, self.branch_id)

    def branches(self) -> list[Branch]:
        """Return all branches, the main branch first."""
        return [] if self.id is None else self._client.branches.list(self.id)

    def fork(self, title: str) -> Branch:
        """Create a branch after the last message of the current branch, and switch to it.

        Raises:
            CommandError: If there is no message.
        """
        messages = self.messages()
        if self.id is None or not messages:
            raise CommandError("There is no message yet after which a branch could begin.")
        title = title or f"Branch {len(self.branches())}"
        self.branch = self._client.branches.fork(
            self.id, {"forkPointMessageId": messages[-1].get("id"), "title": title}
        )
        return self.branch

    def switch(self, name: str) -> Branch:
        """Switch to a branch: by its number in the list of branches, or as `choose_branch` finds it.

        Raises:
            CommandError: If there is no such branch, or several have this title.
        """
        branches = self.branches()
        if not branches:
            raise CommandError("There are no branches yet.", ExitCode.NOT_FOUND)
        if name.isascii() and name.isdigit() and 0 < int(name) <= len(branches):
            self.branch = branches[int(name) - 1]
        else:
            self.branch = choose_branch(branches, name)
        return self.branch

    def retry(self, model: str | None) -> AbstractContextManager[tuple[Branch, MessageStream]]:
        """Return a context manager that asks the last question again on a new branch.

        Its value is the branch and the stream of the reply.

        Raises:
            CommandError: If there is no question.
        """
        messages = self.messages()
        if self.id is None or not messages:
            raise CommandError("There is no question yet.")
        return self._client.regenerate_stream(self.id, messages[-1].get("id"), model or self.model)

    def undo(self) -> str:
        """Delete the last question and its reply. Return the question.

        Raises:
            CommandError: If there is no question, or another branch has it too.
        """
        messages = self.messages()
        start = next(
            (at for at in reversed(range(len(messages))) if messages[at]["role"] == "user"), None
        )
        if start is None:
            raise CommandError("There is no question to undo.")
        removed = messages[start:]
        branches = self.branches()
        current = self.branch_id or next(
            (each.get("id") for each in branches if each.get("isMain")), None
        )
        if any(each.get("branchId") not in (None, current) for each in removed):
            raise CommandError(
                "The last question belongs to another branch, from which this one was forked. "
                "Switch to that branch to undo it."
            )
        removed_ids = {each.get("id") for each in removed}
        forked = [each for each in branches if each.get("forkPointMessageId") in removed_ids]
        if forked:
            names = ", ".join(str(each.get("title") or each.get("id")) for each in forked)
            raise CommandError(
                f"The last question or its reply is also part of {names}. "
                "Ask again with /retry, which does not change it."
            )
        for message in reversed(removed):
            self._client.messages.delete(message.get("id"))
        return removed[0]["content"]

    def tree(self) -> ConversationTree:
        """Return the tree of all messages.

        Raises:
            CommandError: If there is no message.
        """
        if self.id is None:
            raise CommandError("There is no message yet.")
        return self._client.conversations.get_tree(self.id)
