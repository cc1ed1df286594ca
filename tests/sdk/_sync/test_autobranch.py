# Derived from tests/sdk/_async/test_autobranch.py by scripts/regen.py. Do not edit.

"""Branch suggestions and models, on the local server."""

from __future__ import annotations

import pytest

from chatroutes import ChatRoutes, ValidationError

TEXT = "🙂 We could cache the answers, or we could ask the model again each time."


def test_suggestion_positions_match_the_trigger_text(client: ChatRoutes) -> None:
    result = client.autobranch.suggest_branches(TEXT, threshold=0)

    assert result["metadata"]["detectionMethod"] == "pattern"
    assert result["suggestions"]
    for suggestion in result["suggestions"]:
        point = suggestion["branchPoint"]
        assert TEXT[point["start"] : point["end"]] == suggestion["triggerText"]


def test_suggestions_count_limits_the_suggestions(client: ChatRoutes) -> None:
    result = client.autobranch.analyze_text(TEXT * 5, 2, threshold=0)

    assert len(result["suggestions"]) == 2
    assert result["metadata"]["totalBranchPointsFound"] > 2


def test_threshold_out_of_range_raises(client: ChatRoutes) -> None:
    with pytest.raises(ValidationError, match="threshold"):
        client.autobranch.suggest_branches(TEXT, threshold=2)


def test_health_reports_status_and_service(client: ChatRoutes) -> None:
    health = client.autobranch.health()

    assert health["status"] == "healthy"
    assert health["service"]


def test_models_list_has_one_default(client: ChatRoutes) -> None:
    models = client.models.list()

    assert [model["isDefault"] for model in models].count(True) == 1
