# Derived from chatroutes/_async/resources/branches.py by scripts/regen.py. Do not edit.

"""The branches of a conversation."""

from __future__ import annotations

import builtins
from typing import Unpack

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
from ..._lazy_properties import resource_property
from ..._normalize import normalize_sent
from .. import resources
from ..pagination import PageIterator
from ..requestor import Requestor


class Branches:
    """List, create, fork, update, merge and delete branches, and send messages to them."""

    def __init__(self, requestor: Requestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.BranchesWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.BranchesWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.BranchesWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `StreamingResponse`."""
        return resources.BranchesWithStreamingResponse(self)

    def list(
        self, conversation_id: str, **options: Unpack[types.RequestOptions]
    ) -> builtins.list[types.Branch]:
        """List the branches of a conversation, the main branch first (`listBranches`).

        Args:
            conversation_id: The id of the conversation.

        Returns:
            All branches, including merged ones. Those after the main branch are sorted from oldest
            to newest.

        Raises:
            NotFoundError: If the conversation does not exist.
            ChatRoutesError: If the branches could not be listed.
        """
        return self._requestor.execute(
            list_branches.request, list_branches.read, options, conversation_id
        )

    def iterate(
        self, conversation_id: str, *, limit: int = 100, **options: Unpack[types.RequestOptions]
    ) -> PageIterator[types.Branch]:
        """Iterate over the branches of a conversation, page by page (`listBranches`).

        Args:
            conversation_id: The id of the conversation.
            limit: The number of branches per request, 1 to 1000.

        Returns:
            An iterator over the branches that `list` returns. It fetches a page when it needs one, and
            raises a ChatRoutesError if that fails.

        Raises:
            ValidationError: If an argument is invalid.
        """
        return PageIterator(
            self._requestor.for_call(options),
            list_branches.request,
            list_branches.read,
            conversation_id,
            params={"limit": limit},
        )

    def create(
        self,
        conversation_id: str,
        data: types.CreateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.Branch:
        """Create a branch (`createBranch`).

        Args:
            conversation_id: The id of the conversation.
            data: A dict with `title`. Optional: `baseNodeId` (the message after which the branch
                begins; default: the last one of the main branch), `description` and `contextMode`
                (how many of the inherited messages a model receives: `FULL`, `PARTIAL` or
                `MINIMAL`).

        Returns:
            The new branch.

        Raises:
            NotFoundError: If the conversation or the message does not exist.
            ChatRoutesError: If the branch was not created.
        """
        return self._requestor.execute(
            create_branch.request, create_branch.read, options, conversation_id, data
        )

    def fork(
        self,
        conversation_id: str,
        data: types.ForkConversationRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.Branch:
        """Fork a conversation at a message (`forkConversation`).

        Args:
            conversation_id: The id of the conversation.
            data: A dict with `forkPointMessageId` and `title`. Optional: `contextMode`, as for
                `create`.

        Returns:
            The new branch.

        Raises:
            NotFoundError: If the conversation or the message does not exist.
            ChatRoutesError: If the branch was not created.
        """
        return self._requestor.execute(
            fork_conversation.request, fork_conversation.read, options, conversation_id, data
        )

    def update(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.UpdateBranchRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.Branch:
        """Change the title, the description or the context mode of a branch (`updateBranch`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.
            data: A dict with the fields to change: `title`, `description` (an empty one removes it)
                or `contextMode`. The others stay.

        Returns:
            The changed branch.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ChatRoutesError: If the branch was not changed.
        """
        return self._requestor.execute(
            update_branch.request, update_branch.read, options, conversation_id, branch_id, data
        )

    def delete(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> None:
        """Delete a branch and its own messages. Inherited messages stay (`deleteBranch`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ConflictError: If it is the main branch, or another branch forks from it.
            ChatRoutesError: If the branch was not deleted.
        """
        return self._requestor.execute(
            delete_branch.request, delete_branch.read, options, conversation_id, branch_id
        )

    def get_messages(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> builtins.list[types.Message]:
        """List the messages of a branch, oldest first (`listBranchMessages`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.

        Returns:
            All messages of the branch, including those that it inherits.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ChatRoutesError: If the messages could not be listed.
        """
        return self._requestor.execute(
            list_branch_messages.request,
            list_branch_messages.read,
            options,
            conversation_id,
            branch_id,
        )

    def iterate_messages(
        self,
        conversation_id: str,
        branch_id: str,
        *,
        limit: int = 100,
        **options: Unpack[types.RequestOptions],
    ) -> PageIterator[types.Message]:
        """Iterate over the messages of a branch, page by page (`listBranchMessages`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.
            limit: The number of messages per request, 1 to 1000.

        Returns:
            An iterator over the messages that `get_messages` returns. It fetches a page when it needs
            one, and raises a ChatRoutesError if that fails.

        Raises:
            ValidationError: If an argument is invalid.
        """
        return PageIterator(
            self._requestor.for_call(options),
            list_branch_messages.request,
            list_branch_messages.read,
            conversation_id,
            branch_id,
            params={"limit": limit},
        )

    def send_message(
        self,
        conversation_id: str,
        branch_id: str,
        data: types.SendMessageRequest,
        **options: Unpack[types.RequestOptions],
    ) -> types.SendMessageResponse:
        """Send a message to a branch and wait for the whole reply (`sendBranchMessage`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.
            data: As for `messages.send`. A `branchId` in it is ignored.

        Returns:
            What `messages.send` returns.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ConflictError: If the branch was merged, and accepts no more messages.
            ChatRoutesError: If there is no reply.
        """

        def read(payload: object) -> types.SendMessageResponse:
            return send_branch_message.read(normalize_sent(payload, conversation_id, data))

        return self._requestor.execute(
            send_branch_message.request, read, options, conversation_id, branch_id, data
        )

    def merge(
        self, conversation_id: str, branch_id: str, **options: Unpack[types.RequestOptions]
    ) -> types.Branch:
        """Merge a branch into its parent (`mergeBranch`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.

        Returns:
            The parent, with copies of the branch's own messages at its end.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ConflictError: If it is the main branch, or was merged before.
            ChatRoutesError: If the branch was not merged.
        """
        return self._requestor.execute(
            merge_branch.request, merge_branch.read, options, conversation_id, branch_id
        )
