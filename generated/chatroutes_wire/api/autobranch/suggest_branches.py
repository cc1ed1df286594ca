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
    """Finds the places in a text at which a conversation could go several ways. Patterns find them; with
    `hybridDetection` a language model is asked as well, if the server has one; `detectionMethod` says which
    it was. A name in `llmModel` or `llmProvider` that such a server does not know is a 400. Nothing is
    stored and no branch is made. If the client goes away, it is as in `createCheckpoint`. Since release 0.2.

    Args:
        body: The text to look at, and how.

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
