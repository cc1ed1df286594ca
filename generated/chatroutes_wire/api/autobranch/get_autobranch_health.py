# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /autobranch/health: Check the branch suggestion service."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, read_object

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request() -> Request:
    """Build a request for `getAutobranchHealth`.

    Returns the status, the name and the version of the service. Available since release 0.2.

    """
    return Request(
        operation="getAutobranchHealth",
        method="GET",
        path="/autobranch/health",
    )


def read(payload: object) -> types.HealthResponse:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast(
        "types.HealthResponse", read_object(payload, None, ("status", "version", "service"))
    )
