"""The operations on suggested branches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response

from chatroutes_server.api import serializers
from chatroutes_server.api_keys import is_sendable
from chatroutes_server.errors import ValidationError
from chatroutes_server.llm import autobranch
from chatroutes_server.request_context import RequestContext, json_response
from chatroutes_server.store.idempotency import Answer

if TYPE_CHECKING:
    from chatroutes_server.llm.openai_compatible import UpstreamModel

DEFAULT_COUNT = 3
DEFAULT_THRESHOLD = 0.7


async def suggest_branches(context: RequestContext) -> Response:
    model = _model(context) if context.body.get("hybridDetection") else None
    key: str | None = context.body.get("llmApiKey") or None
    if key is not None and not is_sendable(key):
        raise _refused("llmApiKey", "it must be printable ASCII without spaces")

    async def work() -> Answer:
        data = await _suggestions(context, model, key)
        if context.idempotent_request is not None:
            return await context.store(lambda _: data)
        return Answer(200, serializers.dump({"success": True, "data": data}))

    return await context.single_flight(work)


async def _suggestions(
    context: RequestContext, model: UpstreamModel | None, key: str | None
) -> serializers.Json:
    text: str = context.body["text"]
    points = await asyncio.to_thread(autobranch.find, text)
    if model is not None:
        question = autobranch.question(model.id, text)
        points += autobranch.read_answer(text, await model.whole_reply(question, key))
    chosen = await asyncio.to_thread(autobranch.choose, points)
    return {
        "suggestions": autobranch.suggestions(
            text,
            chosen,
            context.body.get("threshold", DEFAULT_THRESHOLD),
            int(context.body.get("suggestionsCount", DEFAULT_COUNT)),
        ),
        "metadata": {
            "detectionMethod": "pattern" if model is None else "hybrid",
            "totalBranchPointsFound": len(chosen),
            "modelUsed": None if model is None else model.id,
        },
    }


def _model(context: RequestContext) -> UpstreamModel | None:
    """Choose the upstream to ask: the one named, else the first; none if there are no upstreams."""
    upstreams = list(context.app_state.catalogue.upstreams.values())
    name, provider = context.body.get("llmModel"), context.body.get("llmProvider")
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


async def get_autobranch_health(context: RequestContext) -> Response:
    data = {
        "status": "healthy",
        "version": context.app_state.version,
        "service": "autobranch",
    }
    return json_response(200, serializers.dump({"success": True, "data": data}))
