# Derived from chatroutes/_async/resources/branches.py by scripts/regen.py. Do not edit.

"""The branches of a conversation."""

from __future__ import annotations

import builtins

from chatroutes_wire.api.branches import (
    create_branch,
    delete_branch,
    fork_conversation,
    list_branch_messages,
    list_branches,
    merge_branch,
    send_branch_message,
    update_branch,
)

from ... import _lazy_types as types
from ... import _normalize
from ..requestor import Requestor


class Branches:
    """Create, fork, read, change, merge and delete branches."""

    def __init__(self, requestor: Requestor) -> None:
        self._requestor = requestor

    def list(self, conversation_id: str) -> builtins.list[types.Branch]:
        """List the branches of a conversation, the main one first (`listBranches`).

        Raises:
            NotFoundError: there is no such conversation.
            ChatRoutesError: they could not be listed.
        """
        return self._requestor.execute(list_branches.request, list_branches.read, conversation_id)

    def create(self, conversation_id: str, data: types.CreateBranchRequest) -> types.Branch:
        """Create a branch (`createBranch`).

        Args:
            conversation_id: Which conversation.
            data: `title`, and if wanted `baseNodeId` (the message after which it begins, else the last
                one of the main branch), `description` and `contextMode` (`FULL`, `PARTIAL` or
                `MINIMAL`: how much of the inherited messages a model is given).

        Returns:
            The new branch.

        Raises:
            NotFoundError: there is no such conversation or message.
            ChatRoutesError: it was not created.
        """
        return self._requestor.execute(
            create_branch.request, create_branch.read, conversation_id, data
        )

    def fork(self, conversation_id: str, data: types.ForkConversationRequest) -> types.Branch:
        """Fork a conversation at a message (`forkConversation`).

        Args:
            conversation_id: Which conversation.
            data: `forkPointMessageId` and `title`, and if wanted `contextMode`.

        Returns:
            The new branch.

        Raises:
            NotFoundError: there is no such conversation or message.
            ChatRoutesError: it was not created.
        """
        return self._requestor.execute(
            fork_conversation.request, fork_conversation.read, conversation_id, data
        )

    def update(
        self, conversation_id: str, branch_id: str, data: types.UpdateBranchRequest
    ) -> types.Branch:
        """Change a branch's title, description or context mode (`updateBranch`).

        Returns:
            The branch as it is now.

        Raises:
            NotFoundError: there is no such conversation or branch.
            ChatRoutesError: it was not changed.
        """
        return self._requestor.execute(
            update_branch.request, update_branch.read, conversation_id, branch_id, data
        )

    def delete(self, conversation_id: str, branch_id: str) -> None:
        """Delete a branch and its own messages (`deleteBranch`).

        Raises:
            NotFoundError: there is no such conversation or branch.
            ConflictError: it is the main branch, or others fork from it.
            ChatRoutesError: it was not deleted.
        """
        self._requestor.execute(
            delete_branch.request, delete_branch.read, conversation_id, branch_id
        )

    def get_messages(self, conversation_id: str, branch_id: str) -> builtins.list[types.Message]:
        """Get the messages that a branch sees, oldest first (`listBranchMessages`).

        Raises:
            NotFoundError: there is no such conversation or branch.
            ChatRoutesError: they could not be read.
        """
        return self._requestor.execute(
            list_branch_messages.request, list_branch_messages.read, conversation_id, branch_id
        )

    def send_message(
        self, conversation_id: str, branch_id: str, data: types.SendMessageRequest
    ) -> types.SendMessageResponse:
        """Send a message to a branch and wait for the whole reply (`sendBranchMessage`).

        Args:
            conversation_id: Which conversation.
            branch_id: Which branch.
            data: As for `messages.send`.

        Returns:
            As from `messages.send`.

        Raises:
            NotFoundError: there is no such conversation or branch.
            ConflictError: the branch was merged and takes no more messages.
            ChatRoutesError: there is no reply.
        """

        def read(payload: object) -> types.SendMessageResponse:
            return _normalize.normalize_send_response(
                send_branch_message.read(payload), conversation_id, data
            )

        return self._requestor.execute(
            send_branch_message.request, read, conversation_id, branch_id, data
        )

    def merge(self, conversation_id: str, branch_id: str) -> types.Branch:
        """Merge a branch into its parent (`mergeBranch`).

        Returns:
            The parent, with copies of the branch's own messages at its end.

        Raises:
            NotFoundError: there is no such conversation or branch.
            ConflictError: it is the main branch, or was merged already.
            ChatRoutesError: it was not merged.
        """
        return self._requestor.execute(
            merge_branch.request, merge_branch.read, conversation_id, branch_id
        )
