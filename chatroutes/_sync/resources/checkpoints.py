# Derived from chatroutes/_async/resources/checkpoints.py by scripts/regen.py. Do not edit.

"""The checkpoints of a conversation."""

from __future__ import annotations

import builtins
from typing import Unpack

from chatroutes_wire.api.checkpoints import (
    create_checkpoint,
    delete_checkpoint,
    list_checkpoints,
    recreate_checkpoint,
)

from ... import _lazy_types as types
from ..._lazy_properties import resource_property
from ..._normalize import normalize_checkpoint
from .. import resources
from ..pagination import PageIterator
from ..requestor import Requestor


class Checkpoints:
    """List, create, recreate and delete checkpoints.

    A checkpoint is a summary of the older messages of a branch. A model receives the summary
    instead of those messages.
    """

    def __init__(self, requestor: Requestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.CheckpointsWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.CheckpointsWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.CheckpointsWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `StreamingResponse`."""
        return resources.CheckpointsWithStreamingResponse(self)

    def list(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> builtins.list[types.Checkpoint]:
        """List the checkpoints of a conversation or of one branch (`listCheckpoints`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch. Default: all branches.

        Returns:
            The checkpoints, oldest first.

        Raises:
            NotFoundError: If the conversation or the branch does not exist.
            ChatRoutesError: If the checkpoints could not be listed.
        """
        params: types.ListCheckpointsParams = {} if branch_id is None else {"branchId": branch_id}
        return self._requestor.execute(
            list_checkpoints.request, _read_list, options, conversation_id, params
        )

    def iterate(
        self,
        conversation_id: str,
        branch_id: str | None = None,
        *,
        limit: int = 100,
        **options: Unpack[types.RequestOptions],
    ) -> PageIterator[types.Checkpoint]:
        """Iterate over the checkpoints of a conversation or of one branch (`listCheckpoints`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch. Default: all branches.
            limit: The number of checkpoints per request, 1 to 1000.

        Returns:
            An iterator over the checkpoints that `list` returns. It fetches a page when it needs one,
            and raises a ChatRoutesError if that fails.

        Raises:
            ValidationError: If an argument is invalid.
        """
        params = {"branchId": branch_id, "limit": limit}
        return PageIterator(
            self._requestor.for_call(options),
            list_checkpoints.request,
            _read_list,
            conversation_id,
            params=params,
        )

    def create(
        self,
        conversation_id: str,
        branch_id: str,
        anchor_message_id: str,
        **options: Unpack[types.RequestOptions],
    ) -> types.Checkpoint:
        """Summarize the messages of a branch up to an anchor message (`createCheckpoint`).

        Args:
            conversation_id: The id of the conversation.
            branch_id: The id of the branch.
            anchor_message_id: The id of the last message that the summary replaces.

        Returns:
            The new checkpoint.

        Raises:
            NotFoundError: If the conversation, the branch or the message does not exist.
            ChatRoutesError: If the checkpoint was not created.
        """
        return self._requestor.execute(
            create_checkpoint.request,
            _read_created,
            options,
            conversation_id,
            {"branchId": branch_id, "anchorMessageId": anchor_message_id},
        )

    def delete(self, checkpoint_id: str, **options: Unpack[types.RequestOptions]) -> None:
        """Delete a checkpoint. Its messages stay (`deleteCheckpoint`).

        Args:
            checkpoint_id: The id of the checkpoint.

        Raises:
            NotFoundError: If the checkpoint does not exist.
            ChatRoutesError: If the checkpoint was not deleted.
        """
        return self._requestor.execute(
            delete_checkpoint.request, delete_checkpoint.read, options, checkpoint_id
        )

    def recreate(
        self, checkpoint_id: str, **options: Unpack[types.RequestOptions]
    ) -> types.Checkpoint:
        """Summarize the messages of a checkpoint again, as they are now (`recreateCheckpoint`).

        Args:
            checkpoint_id: The id of the checkpoint.

        Returns:
            The checkpoint with its new summary.

        Raises:
            NotFoundError: If the checkpoint does not exist.
            ConflictError: If all messages of the checkpoint were deleted.
            ChatRoutesError: If the checkpoint was not recreated.
        """
        return self._requestor.execute(
            recreate_checkpoint.request, _read_recreated, options, checkpoint_id
        )


def _read_list(payload: object) -> list[types.Checkpoint]:
    return [normalize_checkpoint(each) for each in list_checkpoints.read(payload)]


def _read_created(payload: object) -> types.Checkpoint:
    return normalize_checkpoint(create_checkpoint.read(payload))


def _read_recreated(payload: object) -> types.Checkpoint:
    return normalize_checkpoint(recreate_checkpoint.read(payload))
