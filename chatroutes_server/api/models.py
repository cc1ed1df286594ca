"""The endpoint of the operation on models."""

from __future__ import annotations

from starlette.responses import Response

from chatroutes_server.api.registry import operation
from chatroutes_server.json_encoding import dump_json
from chatroutes_server.request_context import RequestContext
from chatroutes_server.responses import json_response


@operation("listModels")
async def list_models(context: RequestContext) -> Response:
    data = {"models": context.app_state.models.list_models()}
    return json_response(200, dump_json({"success": True, "data": data}))
