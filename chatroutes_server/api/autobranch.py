"""The endpoints of the operations on suggested branches."""

from __future__ import annotations

from anyio import to_thread
from starlette.responses import Response

from chatroutes_server.api.registry import operation
from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.llm import autobranch
from chatroutes_server.llm.model import UpstreamModel
from chatroutes_server.request_context import RequestContext
from chatroutes_server.responses import json_response
from chatroutes_server.store.idempotency import StoredResponse


@operation("suggestBranches")
async def suggest_branches(context: RequestContext) -> Response:
    model = _choose_model(context) if context.body["hybridDetection"] else None
    key: str | None = context.body.get("llmApiKey") or None
    if key is not None and not is_sendable(key):
        raise _field_error("llmApiKey", "must be printable ASCII without spaces")

    async def work() -> StoredResponse:
        data = await _suggestions(context, model, key)
        if context.idempotent_request is not None:
            return await context.store(lambda _: data)
        return StoredResponse(200, dump_json({"success": True, "data": data}))

    return await context.run_single_flight(work)


async def _suggestions(
    context: RequestContext, model: UpstreamModel | None, key: str | None
) -> Json:
    text: str = context.body["text"]
    points = await to_thread.run_sync(autobranch.find_branch_points, text)
    if model is not None:
        prompt = autobranch.build_context(model.id, text)
        points += autobranch.parse_reply(text, await model.complete(prompt, key))
    selected = await to_thread.run_sync(autobranch.select_branch_points, points)
    return {
        "suggestions": autobranch.to_suggestions(
            text,
            selected,
            context.body["threshold"],
            context.body["suggestionsCount"],
        ),
        "metadata": {
            "detectionMethod": "pattern" if model is None else "hybrid",
            "totalBranchPointsFound": len(selected),
            "modelUsed": None if model is None else model.id,
        },
    }


def _choose_model(context: RequestContext) -> UpstreamModel | None:
    """Return the upstream that the request names, or the first one; None if there are no upstreams."""
    upstreams = list(context.app_state.models.upstreams.values())
    name, provider = context.body.get("llmModel"), context.body.get("llmProvider")
    if not upstreams:
        return None
    candidates = [upstream for upstream in upstreams if name in (None, "", upstream.id)]
    if not candidates:
        raise _field_error("llmModel", f"there is no upstream {name}")
    provided = [upstream for upstream in candidates if provider in (None, "", upstream.provider)]
    if not provided:
        raise _field_error("llmProvider", f"{provider} does not provide this model")
    return provided[0]


def _field_error(field: str, text: str) -> ValidationError:
    return ValidationError.for_fields([(field, text)])


@operation("getAutobranchHealth")
async def get_autobranch_health(context: RequestContext) -> Response:
    data = {
        "status": "healthy",
        "version": context.app_state.contract_version,
        "service": "autobranch",
    }
    return json_response(200, dump_json({"success": True, "data": data}))
