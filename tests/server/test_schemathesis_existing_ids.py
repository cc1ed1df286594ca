"""No answer about what is there is missing in the contract.

Operations take their ids from stocks, so that they succeed; what they delete or merge comes from stocks
of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.markers import single_python
from tests.support.schemathesis_runner import (
    OPERATION_COUNT,
    SETTINGS,
    WITHOUT_LINKS,
    run_schemathesis,
)
from tests.support.server_api import Api

STOCK = 12

pytestmark = single_python

STOCKS = {
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
STOCKS_OF_OPERATIONS = {
    "deleteConversation": ("path.conversationId", "conversations_to_delete"),
    "deleteBranch": ("path.branchId", "branches_to_delete"),
    "mergeBranch": ("path.branchId", "branches_to_merge"),
    "deleteMessage": ("path.messageId", "messages_to_delete"),
    "deleteCheckpoint": ("path.checkpointId", "checkpoints_to_delete"),
}


def test_no_answer_about_what_is_there_is_missing_in_the_contract(api: Api, tmp_path: Path) -> None:
    conversation_id = api.conversation()
    sent = [api.send(conversation_id, f"Message {number}") for number in range(2 * STOCK)]
    message_ids = [each["userMessage"]["id"] for each in sent]

    def branches() -> list[str]:
        return [api.branch(conversation_id, "Side", message_ids[0])["id"] for _ in range(STOCK)]

    branch_ids = branches()
    checkpoint_ids = [
        api.data(
            "POST",
            f"/conversations/{conversation_id}/checkpoints",
            json={"branchId": branch_id, "anchorMessageId": message_ids[0]},
        )["checkpoint"]["id"]
        for branch_id in branch_ids
    ]
    stocks = {
        "conversations": [conversation_id],
        "branches": branch_ids,
        "messages": message_ids[:STOCK],
        "anchors": message_ids[:1],
        "checkpoints": checkpoint_ids[: STOCK // 2],
        "conversations_to_delete": [api.conversation() for _ in range(STOCK)],
        "branches_to_delete": branches(),
        "branches_to_merge": branches(),
        "messages_to_delete": message_ids[STOCK:],
        "checkpoints_to_delete": checkpoint_ids[STOCK // 2 :],
    }
    settings = [
        SETTINGS,
        WITHOUT_LINKS,
        "[dictionaries]",
        *(f"{name} = {{ values = {json.dumps(ids)} }}" for name, ids in stocks.items()),
        "[parameters]",
        *(taken_from(stock, parameter) for parameter, stock in STOCKS.items()),
    ]
    for operation_id, (parameter, stock) in STOCKS_OF_OPERATIONS.items():
        settings += [
            "[[operations]]",
            f'include-operation-id = "{operation_id}"',
            "[operations.parameters]",
            taken_from(stock, parameter),
        ]
    run = run_schemathesis(api.server.base_url, api.server.api_key, "\n".join(settings), tmp_path)
    assert run.returncode == 0, run.stdout
    assert f"Tested: {OPERATION_COUNT}" in run.stdout, run.stdout


def taken_from(stock: str, parameter: str) -> str:
    return f'"{parameter}" = {{ dictionary = "{stock}" }}'
