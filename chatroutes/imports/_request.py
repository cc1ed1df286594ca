"""The request that imports a conversation into a local server. It is not in the contract."""

from __future__ import annotations

from typing import Final

from chatroutes_wire.client import Request, read_object

from ..errors import ChatRoutesError, NotFoundError
from ._preparation import PreparedImport
from ._results import ImportResult

PATH: Final = "/local/conversations"

_REPLAY: Final = (
    "The API cannot store the replies of other models. Send the questions again with "
    "client.replay_conversation (on the command line: chatroutes import --replay -m MODEL), or import "
    "into a local server (chatroutes serve)."
)


def request(prepared: PreparedImport) -> Request:
    """Build the request."""
    return Request(
        operation="importConversation",
        method="POST",
        path=PATH,
        body=prepared.document,
        idempotent_by_key=False,  # by its content
    )


def read(payload: object) -> ImportResult:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response has another shape.
    """
    data = read_object(
        payload, None, ("created",), {"conversation": "an object", "warnings": "a list"}
    )
    return ImportResult(data["conversation"], bool(data.get("created")), data["warnings"])


def explain(error: ChatRoutesError, base_url: str) -> ChatRoutesError:
    """Return the error to raise. If the service does not support imports, it describes the alternatives."""
    if error.status_code not in (404, 405):
        return error
    return NotFoundError(
        f"{base_url} cannot import conversations. {_REPLAY}",
        status_code=error.status_code,
        code=error.code,
        request_id=error.request_id,
    )
