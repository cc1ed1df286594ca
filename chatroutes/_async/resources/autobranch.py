"""Suggestions of branches in a text."""

from __future__ import annotations

from typing import Unpack

from chatroutes_wire.api.autobranch import get_autobranch_health, suggest_branches

from ... import _lazy_types as types
from ..._lazy_properties import resource_property
from .. import resources
from ..requestor import AsyncRequestor


class AsyncAutobranch:
    """Find the places in a text where a conversation could branch."""

    def __init__(self, requestor: AsyncRequestor) -> None:
        self._requestor = requestor

    @resource_property
    def with_raw_response(self) -> resources.AsyncAutobranchWithRawResponse:
        """The same methods, which return a `RawResponse`: the status, the headers and the body."""
        return resources.AsyncAutobranchWithRawResponse(self)

    @resource_property
    def with_streaming_response(self) -> resources.AsyncAutobranchWithStreamingResponse:
        """The same methods, which open a response and leave its body unread: see `AsyncStreamingResponse`."""
        return resources.AsyncAutobranchWithStreamingResponse(self)

    async def suggest_branches(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        llm_api_key: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> types.SuggestBranchesResponse:
        """Suggest places in a text where a conversation could branch (`suggestBranches`).

        Args:
            text: The text.
            suggestions_count: The maximum number of suggestions, 1 to 10.
            hybrid_detection: Whether to use a language model in addition to patterns.
            threshold: The lowest confidence of a suggestion, 0 to 1.
            llm_model: The name of the language model. Default: the service chooses.
            llm_provider: The provider of the language model.
            llm_api_key: The API key for that provider. It is used for this request and not stored.

        Returns:
            The suggestions, the most confident first, and how they were found.

        Raises:
            ChatRoutesError: If the text could not be analyzed.
        """
        data: types.SuggestBranchesRequest = {
            "text": text,
            "suggestionsCount": suggestions_count,
            "hybridDetection": hybrid_detection,
            "threshold": threshold,
        }
        if llm_model is not None:
            data["llmModel"] = llm_model
        if llm_provider is not None:
            data["llmProvider"] = llm_provider
        if llm_api_key is not None:
            data["llmApiKey"] = llm_api_key
        return await self._requestor.execute(
            suggest_branches.request, suggest_branches.read, options, data
        )

    async def analyze_text(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        **options: Unpack[types.RequestOptions],
    ) -> types.SuggestBranchesResponse:
        """Suggest branches (`suggestBranches`): an alias of `suggest_branches`.

        Args:
            text: As for `suggest_branches`.
            suggestions_count: As for `suggest_branches`.
            hybrid_detection: As for `suggest_branches`.
            threshold: As for `suggest_branches`.
            llm_model: As for `suggest_branches`.

        Returns:
            What `suggest_branches` returns.

        Raises:
            ChatRoutesError: If the text could not be analyzed.
        """
        return await self.suggest_branches(
            text, suggestions_count, hybrid_detection, threshold, llm_model, **options
        )

    async def health(self, **options: Unpack[types.RequestOptions]) -> types.HealthResponse:
        """Check that branch suggestions are available (`getAutobranchHealth`).

        Returns:
            The status, the name and the version of the service.

        Raises:
            ChatRoutesError: If they are not available, or there was no response.
        """
        return await self._requestor.execute(
            get_autobranch_health.request, get_autobranch_health.read, options
        )
