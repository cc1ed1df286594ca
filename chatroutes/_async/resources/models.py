"""The models that are served."""

from __future__ import annotations

import builtins

from chatroutes_wire.api.models import list_models

from ... import _lazy_types as types
from ..requestor import AsyncRequestor


class AsyncModels:
    """List the models that a conversation or a message may name."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    async def list(self) -> builtins.list[types.Model]:
        """List the models (`listModels`).

        Raises:
            ChatRoutesError: they could not be listed.
        """
        return await self._requestor.execute(list_models.request, list_models.read)
