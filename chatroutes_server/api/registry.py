"""The endpoint of each operation of the contract.

An endpoint is a coroutine function that is registered under its operationId:

    @operation("getConversation")
    async def get_conversation(context: RequestContext) -> Response: ...

A new module of endpoints is added to `ENDPOINT_MODULES` in `chatroutes_server.app`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.responses import Response

from chatroutes_server.contract import Contract
from chatroutes_server.errors import StartupError
from chatroutes_server.request_context import RequestContext

Endpoint = Callable[[RequestContext], Awaitable[Response]]
EndpointT = TypeVar("EndpointT", bound=Endpoint)

ENDPOINTS: dict[str, Endpoint] = {}


def operation(operation_id: str) -> Callable[[EndpointT], EndpointT]:
    """Register the decorated function as the endpoint of an operation.

    Raises:
        ValueError: If the operation has an endpoint already.
    """

    def register(endpoint: EndpointT) -> EndpointT:
        if operation_id in ENDPOINTS:
            raise ValueError(f"the operation {operation_id} has two endpoints")
        ENDPOINTS[operation_id] = endpoint
        return endpoint

    return register


def check_endpoints(contract: Contract) -> None:
    """Check that the contract's operations and the endpoints are the same.

    Raises:
        StartupError: If an operation has no endpoint, or an endpoint has no operation.
    """
    operations = {operation.id for operation in contract.operations}
    problems = [
        *(f"the operation {name} has no endpoint" for name in sorted(operations - set(ENDPOINTS))),
        *(
            f"the endpoint of {name} has no operation in the contract"
            for name in sorted(set(ENDPOINTS) - operations)
        ),
    ]
    if problems:
        raise StartupError(
            f"{'; '.join(problems)}. Endpoints are registered with @operation in chatroutes_server/api"
        )
