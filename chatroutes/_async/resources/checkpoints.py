"""The checkpoints of a conversation."""

from __future__ import annotations

import builtins

from chatroutes_wire.api.checkpoints import (
    create_checkpoint,
    delete_checkpoint,
    list_checkpoints,
    recreate_checkpoint,
)

from ... import _lazy_types as types
from ... import _normalize
from ..requestor import AsyncRequestor


class AsyncCheckpoints:
    """Create, list, renew and delete checkpoints: summaries of the older part of a branch."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    async def list(
        self, conversation_id: str, branch_id: str | None = None
    ) -> builtins.list[types.Checkpoint]:
        """List the checkpoints of a conversation, or of one of its branches (`listCheckpoints`).

        Raises:
            NotFoundError: there is no such conversation or branch.
            ChatRoutesError: they could not be listed.
        """

        def read(payload: object) -> builtins.list[types.Checkpoint]:
            return [
                _normalize.normalize_checkpoint(each) for each in list_checkpoints.read(payload)
            ]

        params: types.ListCheckpointsParams = {} if branch_id is None else {"branchId": branch_id}
        return await self._requestor.execute(
            list_checkpoints.request, read, conversation_id, params
        )

    async def create(
        self, conversation_id: str, branch_id: str, anchor_message_id: str
    ) -> types.Checkpoint:
        """Summarise what a branch sees up to a message (`createCheckpoint`).

        Args:
            conversation_id: Which conversation.
            branch_id: Which branch.
            anchor_message_id: The last message that the summary stands for.

        Returns:
            The new checkpoint.

        Raises:
            NotFoundError: there is no such conversation, branch or message.
            ChatRoutesError: it was not created.
        """

        def read(payload: object) -> types.Checkpoint:
            return _normalize.normalize_checkpoint(create_checkpoint.read(payload))

        return await self._requestor.execute(
            create_checkpoint.request,
            read,
            conversation_id,
            {"branchId": branch_id, "anchorMessageId": anchor_message_id},
        )

    async def delete(self, checkpoint_id: str) -> None:
        """Delete a checkpoint; its messages stay (`deleteCheckpoint`).

        Raises:
            NotFoundError: there is no such checkpoint.
            ChatRoutesError: it was not deleted.
        """
        await self._requestor.execute(
            delete_checkpoint.request, delete_checkpoint.read, checkpoint_id
        )

    async def recreate(self, checkpoint_id: str) -> types.Checkpoint:
        """Summarise a checkpoint's messages anew (`recreateCheckpoint`).

        Returns:
            The checkpoint with its new summary.

        Raises:
            NotFoundError: there is no such checkpoint.
            ChatRoutesError: it was not renewed.
        """

        def read(payload: object) -> types.Checkpoint:
            return _normalize.normalize_checkpoint(recreate_checkpoint.read(payload))

        return await self._requestor.execute(recreate_checkpoint.request, read, checkpoint_id)
