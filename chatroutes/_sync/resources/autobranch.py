# Derived from chatroutes/_async/resources/autobranch.py by scripts/regen.py. Do not edit.

"""Suggestions for where a text could branch."""

from __future__ import annotations

from chatroutes_wire.api.autobranch import get_autobranch_health, suggest_branches

from ... import _lazy_types as types
from ..requestor import Requestor


class Autobranch:
    """Find the places in a text at which a conversation could go several ways."""

    def __init__(self, requestor: Requestor) -> None:
        self._requestor = requestor

    def suggest_branches(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
        llm_provider: str | None = None,
        llm_api_key: str | None = None,
    ) -> types.SuggestBranchesResponse:
        """Suggest where a text could branch (`suggestBranches`).

        Args:
            text: The text to look at.
            suggestions_count: How many suggestions to give at the most, 1 to 10.
            hybrid_detection: Whether a language model is asked besides the patterns.
            threshold: Least confidence of a suggestion, 0 to 1.
            llm_model: The language model to ask.
            llm_provider: Who provides it.
            llm_api_key: The key for that provider; used for this request alone.

        Returns:
            The suggestions, the most confident first, and how they were found.

        Raises:
            ChatRoutesError: there are none to be had.
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
        return self._requestor.execute(suggest_branches.request, suggest_branches.read, data)

    def analyze_text(
        self,
        text: str,
        suggestions_count: int = 3,
        hybrid_detection: bool = False,
        threshold: float = 0.7,
        llm_model: str | None = None,
    ) -> types.SuggestBranchesResponse:
        """`suggest_branches` by another name."""
        return self.suggest_branches(
            text, suggestions_count, hybrid_detection, threshold, llm_model
        )

    def health(self) -> types.HealthResponse:
        """Ask whether branch suggestions are served (`getAutobranchHealth`).

        Raises:
            ChatRoutesError: they are not, or nothing answered.
        """
        return self._requestor.execute(get_autobranch_health.request, get_autobranch_health.read)
