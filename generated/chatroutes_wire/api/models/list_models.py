# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /models: List the available models."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, read_list

if TYPE_CHECKING:
    from ... import types
else:
    from ...client import lazy_types as types


def request() -> Request:
    """Build a request for `listModels`.

    Returns the models that a conversation or a message can name. A deployment may accept other names too.
    The local server of this project uses its built-in model for every name that is not listed, and adds a
    `warning` to the metadata of the reply. If it is configured with strict models, it rejects such names with
    400. Available since release 0.3.

    """
    return Request(
        operation="listModels",
        method="GET",
        path="/models",
        result="models",
    )


def read(payload: object) -> list[types.Model]:
    """Return the result from the decoded response.

    Raises:
        UnexpectedPayload: If the response does not have the shape that the contract defines.
    """
    return cast("list[types.Model]", read_list(payload, "models"))
