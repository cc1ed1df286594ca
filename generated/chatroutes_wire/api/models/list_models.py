# Rendered from openapi/chatroutes.yaml and templates/ by scripts/regen.py. Do not edit.

"""GET /models: List the models that are served."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import Request, read_list

if TYPE_CHECKING:
    from ... import types


def request() -> Request:
    """The models that a conversation or a message may name. A deployment may serve other names too: this
    project's local server lets its built-in model stand in for every name that is not listed, unless it
    was told to be strict; then other names are a 400. Since release 0.3.

    """
    return Request(
        operation="listModels",
        method="GET",
        path="/models",
        result="models",
    )


def read(payload: object) -> list[types.Model]:
    """Take the result out of the decoded answer.

    Raises:
        UnexpectedPayload: it does not have the shape that the contract gives it.
    """
    return cast("list[types.Model]", read_list(payload, "models"))
