"""The operations on suggested branches."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import ValidationError
from chatroutes_server.json_encoding import Json, dump_json
from chatroutes_server.llm import autobranch
from chatroutes_server.llm.model import UpstreamModel
from chatroutes_server.request_context import Call, json_response
from chatroutes_server.store.idempotency import StoredResponse

DEFAULT_COUNT = 3
DEFAULT_THRESHOLD = 0.7


async def suggest_branches(call: Call) -> Response:
    model = _model(call) if call.body.get("hybridDetection") else None
    key: str | None = call.body.get("llmApiKey") or None
    if key is not None and not is_sendable(key):
        raise _refused("llmApiKey", "it must be printable ASCII without spaces")

    async def work() -> StoredResponse:
        data = await _suggestions(call, model, key)
        if call.first_try is not None:
            return await call.store(lambda _: data)
        return StoredResponse(200, dump_json({"success": True, "data": data}))

    return await call.errand(work)


async def _suggestions(call: Call, model: UpstreamModel | None, key: str | None) -> Json:
    text: str = call.body["text"]
    points = await asyncio.to_thread(autobranch.find_branch_points, text)
    if model is not None:
        question = autobranch.build_context(model.id, text)
        points += autobranch.parse_reply(text, await model.complete(question, key))
    chosen = await asyncio.to_thread(autobranch.select_branch_points, points)
    return {
        "suggestions": autobranch.to_suggestions(
            text,
            chosen,
            call.body.get("threshold", DEFAULT_THRESHOLD),
            int(call.body.get("suggestionsCount", DEFAULT_COUNT)),
        ),
        "metadata": {
            "detectionMethod": "pattern" if model is None else "hybrid",
            "totalBranchPointsFound": len(chosen),
            "modelUsed": None if model is None else model.id,
        },
    }


def _model(call: Call) -> UpstreamModel | None:
    """Choose the upstream to ask: the one named, else the first; none if there are no upstreams."""
    upstreams = list(call.service.catalogue.upstreams.values())
    name, provider = call.body.get("llmModel"), call.body.get("llmProvider")
    if not upstreams:
        return None
    named = [each for each in upstreams if name in (None, "", each.id)]
    if not named:
        raise _refused("llmModel", f"there is no upstream {name}")
    provided = [each for each in named if provider in (None, "", each.provider)]
    if not provided:
        raise _refused("llmProvider", f"{provider} does not provide it")
    return provided[0]


def _refused(field: str, text: str) -> ValidationError:
    return ValidationError(f"{field}: {text}", [{"field": field, "message": text}])


async def get_autobranch_health(call: Call) -> Response:
    data = {
        "status": "healthy",
        "version": call.service.version,
        "service": "autobranch",
    }
    return json_response(200, dump_json({"success": True, "data": data}))
