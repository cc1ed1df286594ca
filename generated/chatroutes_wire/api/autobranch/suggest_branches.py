# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /autobranch/suggest-branches: Suggest where a text could branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, check_body, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types

_KNOWN_FIELDS = frozenset(
    (
        "text",
        "suggestionsCount",
        "hybridDetection",
        "threshold",
        "llmModel",
        "llmProvider",
        "llmApiKey",
    )
)


def request(
    body: types.SuggestBranchesRequest,
) -> Request:
    """Build a request for `suggestBranches`.

    Finds the places in a text where a conversation could continue in several directions. The places are
    found by patterns. With `hybridDetection`, a language model is used in addition if the server has one.
    `detectionMethod` in the response names the method that was used. If a server with language models does
    not know the `llmModel` or the `llmProvider`, the status is 400. Nothing is stored, and no branch is
    created. If the client disconnects, the server behaves as for `createCheckpoint`. Available since
    release 0.2.

    Args:
        body: The text to analyze, and options for the detection.

    Raises:
        InvalidArgument: If an argument is invalid.
    """
    return Request(
        operation="suggestBranches",
        method="POST",
        path="/autobranch/suggest-branches",
        body=check_body("suggestBranches", body, example="text"),
        idempotent_by_key=True,
        known_fields=_KNOWN_FIELDS,
    )


def read(payload: object) -> types.SuggestBranchesResponse:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.SuggestBranchesResponse",
        read_object(
            payload,
            None,
            ("suggestions", "metadata"),
            {"suggestions": "objects", "metadata": "an object"},
        ),
    )
