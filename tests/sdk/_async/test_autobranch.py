"""Branch suggestions and models, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ValidationError

TEXT = "🙂 We could cache the answers, or we could ask the model again each time."


async def test_suggestion_positions_match_the_trigger_text(client: AsyncChatRoutes) -> None:
    result = await client.autobranch.suggest_branches(TEXT, threshold=0)

    assert result["metadata"]["detectionMethod"] == "pattern"
    assert result["suggestions"]
    for suggestion in result["suggestions"]:
        point = suggestion["branchPoint"]
        assert TEXT[point["start"] : point["end"]] == suggestion["triggerText"]


async def test_suggestions_count_limits_the_suggestions(client: AsyncChatRoutes) -> None:
    result = await client.autobranch.analyze_text(TEXT * 5, 2, threshold=0)

    assert len(result["suggestions"]) == 2
    assert result["metadata"]["totalBranchPointsFound"] > 2


async def test_threshold_out_of_range_raises(client: AsyncChatRoutes) -> None:
    with pytest.raises(ValidationError, match="threshold"):
        await client.autobranch.suggest_branches(TEXT, threshold=2)


async def test_health_reports_status_and_service(client: AsyncChatRoutes) -> None:
    health = await client.autobranch.health()

    assert health["status"] == "healthy"
    assert health["service"]


async def test_models_list_has_one_default(client: AsyncChatRoutes) -> None:
    models = await client.models.list()

    assert [model["isDefault"] for model in models].count(True) == 1
