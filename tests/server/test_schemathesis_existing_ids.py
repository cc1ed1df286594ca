"""Responses for ids that exist match the contract, tested by schemathesis.

Parameters take their ids from pools, so that requests succeed. Operations that delete or merge have separate
pools.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.schemathesis_runner import (
    OPERATION_COUNT,
    SETTINGS,
    WITH_COVERAGE,
    WITHOUT_LINKS,
    run_schemathesis,
)
from tests.support.server_api import Api

POOL_SIZE = 12

pytestmark = pytest.mark.check

POOL_BY_PARAMETER = {
    "path.conversationId": "conversations",
    "path.branchId": "branches",
    "query.branchId": "branches",
    "body.branchId": "branches",
    "path.messageId": "messages",
    "body.baseNodeId": "messages",
    "body.forkPointMessageId": "messages",
    "body.anchorMessageId": "anchors",
    "path.checkpointId": "checkpoints",
}
POOL_BY_OPERATION = {
    "deleteConversation": ("path.conversationId", "conversations_to_delete"),
    "deleteBranch": ("path.branchId", "branches_to_delete"),
    "mergeBranch": ("path.branchId", "branches_to_merge"),
    "deleteMessage": ("path.messageId", "messages_to_delete"),
    "deleteCheckpoint": ("path.checkpointId", "checkpoints_to_delete"),
}


def test_responses_for_existing_ids_match_the_contract(api: Api, tmp_path: Path) -> None:
    conversation_id = api.conversation()
    sent = [api.send(conversation_id, f"Message {number}") for number in range(2 * POOL_SIZE)]
    message_ids = [each["userMessage"]["id"] for each in sent]

    def create_branches() -> list[str]:
        return [api.branch(conversation_id, "Side", message_ids[0])["id"] for _ in range(POOL_SIZE)]

    branch_ids = create_branches()
    checkpoint_ids = [
        api.data(
            "POST",
            f"/conversations/{conversation_id}/checkpoints",
            json={"branchId": branch_id, "anchorMessageId": message_ids[0]},
        )["checkpoint"]["id"]
        for branch_id in branch_ids
    ]
    id_pools = {
        "conversations": [conversation_id],
        "branches": branch_ids,
        "messages": message_ids[:POOL_SIZE],
        "anchors": message_ids[:1],
        "checkpoints": checkpoint_ids[: POOL_SIZE // 2],
        "conversations_to_delete": [api.conversation() for _ in range(POOL_SIZE)],
        "branches_to_delete": create_branches(),
        "branches_to_merge": create_branches(),
        "messages_to_delete": message_ids[POOL_SIZE:],
        "checkpoints_to_delete": checkpoint_ids[POOL_SIZE // 2 :],
    }
    settings = [
        SETTINGS,
        WITHOUT_LINKS,
        WITH_COVERAGE,
        "[dictionaries]",
        *(f"{name} = {{ values = {json.dumps(ids)} }}" for name, ids in id_pools.items()),
        "[parameters]",
        *(parameter_setting(pool, parameter) for parameter, pool in POOL_BY_PARAMETER.items()),
    ]
    for operation_id, (parameter, pool) in POOL_BY_OPERATION.items():
        settings += [
            "[[operations]]",
            f'include-operation-id = "{operation_id}"',
            "[operations.parameters]",
            parameter_setting(pool, parameter),
        ]
    result = run_schemathesis(
        api.server.base_url, api.server.api_key, "\n".join(settings), tmp_path
    )
    assert result.returncode == 0, result.stdout
    assert f"Tested: {OPERATION_COUNT}" in result.stdout, result.stdout


def parameter_setting(pool: str, parameter: str) -> str:
    return f'"{parameter}" = {{ dictionary = "{pool}" }}'
