# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""POST /autobranch/suggest-branches: Suggest where a text could branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, body_of, read_object

if TYPE_CHECKING:
    from ... import types


def request(
    body: types.SuggestBranchesRequest,
) -> Request:
    """Finds the places in a text where a conversation could continue in several directions. The places are
    found by patterns. With `hybridDetection`, a language model is used in addition if the server has one.
    `detectionMethod` in the response names the method that was used. If a server with language models does
    not know the `llmModel` or the `llmProvider`, the status is 400. Nothing is stored, and no branch is
    created. If the client disconnects, the server behaves as for `createCheckpoint`. Available since
    release 0.2.

    Args:
        body: The text to analyze, and options for the detection.

    Raises:
        InvalidArgument: no request can be made of these.
    """
    return Request(
        operation="suggestBranches",
        method="POST",
        path="/autobranch/suggest-branches",
        body=body_of("suggestBranches", body),
        idempotent_by_key=True,
    )


def read(payload: object) -> types.SuggestBranchesResponse:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast(
        "types.SuggestBranchesResponse",
        read_object(
            payload, None, ("suggestions", "metadata"), suggestions="objects", metadata="an object"
        ),
    )
