"""Pages of lists: the query parameters `limit` and `cursor`, and `nextCursor` in the response.

A cursor is the number of the last object on a page, and the list that it belongs to. It is encoded,
because clients must not rely on its content.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json
from chatroutes_server.request_context import RequestContext
from chatroutes_server.store.page import Page

_POSITION = re.compile(
    r"(.+):([1-9][0-9]{0,17})", re.ASCII
)  # below 2**63, as numbers of SQLite are


def requested_page(context: RequestContext, list_name: str) -> Page:
    """Return the page that a request asks for.

    Args:
        context: The request.
        list_name: The name of the list, which differs from that of every other list.

    Raises:
        ValidationError: If the cursor is not one of this list.
    """
    limit: int | None = context.query_params.get("limit")
    cursor: str | None = context.query_params.get("cursor")
    return Page(
        after=0 if cursor is None else _decode(list_name, cursor),
        limit=limit,
    )


def next_cursor(list_name: str, next_seq: int | None) -> Json:
    """Return `nextCursor` as a field of the response, or no field if no page follows."""
    return {} if next_seq is None else {"nextCursor": _encode(list_name, next_seq)}


def _encode(list_name: str, seq: int) -> str:
    return urlsafe_b64encode(f"{list_name}:{seq}".encode()).decode().rstrip("=")


def _decode(list_name: str, cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except ValueError:
        text = ""
    position = _POSITION.fullmatch(text)
    # Some other texts decode to the same position.
    if position is None or _encode(position[1], int(position[2])) != cursor:
        raise _invalid_cursor("is not a cursor of this server")
    if position[1] != list_name:
        raise _invalid_cursor("belongs to another list")
    return int(position[2])


def _invalid_cursor(problem: str) -> ValidationError:
    message = f"{problem}; use nextCursor of the previous response"
    return ValidationError.for_fields([("cursor", message)])
