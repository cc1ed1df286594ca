"""The operations on suggested branches."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection
from starlette.responses import Response

from chatroutes_server import autobranch, wire
from chatroutes_server.calls import Call, json_response
from chatroutes_server.errors import ValidationError
from chatroutes_server.upstream_model import UpstreamModel

DEFAULT_COUNT = 3
DEFAULT_THRESHOLD = 0.7


async def suggest_branches(call: Call) -> Response:
    text: str = call.body["text"]
    key: str | None = call.body.get("llmApiKey") or None
    model = _model(call) if call.body.get("hybridDetection") else None
    if (answered := await call.answered()) is not None:
        return answered
    points = await asyncio.to_thread(autobranch.find, text)
    if model is not None:
        question = autobranch.question(model.id, text)
        answer = await model.whole_reply(question, key)
        points += autobranch.read_answer(text, answer)
    chosen = await asyncio.to_thread(autobranch.choose, points)
    data: wire.Json = {
        "suggestions": autobranch.suggestions(
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

    def work(_connection: Connection) -> wire.Json:
        return data

    if call.first_try is not None:
        return await call.write(work)
    return json_response(200, wire.dump({"success": True, "data": data}))


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
    return json_response(200, wire.dump({"success": True, "data": data}))
