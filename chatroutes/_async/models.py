"""The models that are served."""

from __future__ import annotations

import builtins

from chatroutes_wire.api.models import list_models

from .. import _types as types
from .sending import AsyncSender


class AsyncModels:
    """List the models that a conversation or a message may name."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def list(self) -> builtins.list[types.Model]:
        """List the models (`listModels`).

        Raises:
            ChatRoutesError: they could not be listed.
        """
        return await self._sender.call(list_models.request, list_models.read)
