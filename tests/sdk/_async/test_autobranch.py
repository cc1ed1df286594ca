"""Branch suggestions and models, on the real server."""

from __future__ import annotations

import pytest

from chatroutes import AsyncChatRoutes, ValidationError

TEXT = "🙂 We could cache the answers, or we could ask the model again each time."


async def test_a_suggestion_points_at_its_words(client: AsyncChatRoutes) -> None:
    found = await client.autobranch.suggest_branches(TEXT, threshold=0)

    assert found["metadata"]["detectionMethod"] == "pattern"
    assert found["suggestions"]
    for suggestion in found["suggestions"]:
        point = suggestion["branchPoint"]
        assert TEXT[point["start"] : point["end"]] == suggestion["triggerText"]


async def test_no_more_suggestions_come_than_were_asked_for(client: AsyncChatRoutes) -> None:
    found = await client.autobranch.analyze_text(TEXT * 5, 2, threshold=0)

    assert len(found["suggestions"]) == 2
    assert found["metadata"]["totalBranchPointsFound"] > 2


async def test_a_threshold_out_of_range_is_refused_by_name(client: AsyncChatRoutes) -> None:
    with pytest.raises(ValidationError, match="threshold"):
        await client.autobranch.suggest_branches(TEXT, threshold=2)


async def test_the_health_names_the_service(client: AsyncChatRoutes) -> None:
    health = await client.autobranch.health()

    assert health["status"] == "healthy"
    assert health["service"]


async def test_the_models_are_listed_with_one_default(client: AsyncChatRoutes) -> None:
    models = await client.models.list()

    assert [model["isDefault"] for model in models].count(True) == 1
