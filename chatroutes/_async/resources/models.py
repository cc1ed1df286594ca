"""The models of the service."""

from __future__ import annotations

import builtins
from typing import Unpack

from chatroutes_wire.api.models import list_models

from ... import _lazy_types as types
from ..._lazy_properties import resource_property
from .. import resources
from ..requestor import AsyncRequestor


class AsyncModels:
    """List the models that a conversation or a message can use."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.AsyncModelsWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.AsyncModelsWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.AsyncModelsWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `AsyncStreamingResponse`."""
        return resources.AsyncModelsWithStreamingResponse(self)

    async def list(self, **options: Unpack[types.RequestOptions]) -> builtins.list[types.Model]:
        """List the models (`listModels`).

        Returns:
            The models. `isDefault` marks the one that is used by default.

        Raises:
            ChatRoutesError: If the models could not be listed.
        """
        return await self._requestor.execute(list_models.request, list_models.read, options)
