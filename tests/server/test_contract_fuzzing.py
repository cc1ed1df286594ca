"""Schemathesis asks the server whatever the contract allows and forbids, and checks every answer.

It runs as a command of its own, with a fixed seed and a bounded number of cases, twice: with ids
that it makes up, and with ids of what is there, so that operations also succeed. What operations
delete or merge comes from stocks of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.server.conftest import CONTRACT, Api

SEED = 20261005
CASES = 4  # of each operation in the last phase; the other phases have a fixed number of them
STOCK = 12
PATIENCE = 300  # seconds until a run that hangs is ended
PROGRAM = Path(sysconfig.get_path("scripts"), "schemathesis")

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="this release of schemathesis needs Python 3.11"
)

# All checks are on, but one of streams: schemathesis holds the event, an object whose `data` is text,
# against the schema of the JSON in `data`. What streams hold is read in tests/server/test_streams.py.
SETTINGS = f"""
seed = {SEED}
continue-on-failure = true
request-timeout = 20.0
max-stream-events = 200
warnings = false

[generation]
max-examples = {CASES}
database = "none"

# Ids are taken from the stocks alone, and not from answers: a delete would remove what others need.
[phases.examples]
extra-data-sources.responses = false

[phases.coverage]
extra-data-sources.responses = false

[phases.fuzzing]
extra-data-sources.responses = false

[phases.stateful]
enabled = false

[[operations]]
include-operation-id = "streamMessage"
checks.response_schema_conformance.enabled = false
"""

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


def run(api: Api, settings: str, folder: Path) -> None:
    file = folder / "schemathesis.toml"
    file.write_text(settings, "utf-8")
    auth = f"Authorization: ApiKey {api.server.api_key}"
    options = ["--url", api.server.base_url, "--header", auth]
    finished = subprocess.run(
        [str(PROGRAM), "--config-file", str(file), "--no-color", "run", str(CONTRACT), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    said = finished.stdout + finished.stderr
    assert finished.returncode == 0, said
    operations = CONTRACT.read_text("utf-8").count("operationId:")
    assert f"Tested: {operations}" in said, said


def test_no_answer_about_made_up_ids_is_missing_in_the_contract(api: Api, tmp_path: Path) -> None:
    run(api, SETTINGS, tmp_path)


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
    run(api, "\n".join(settings), tmp_path)


def taken_from(stock: str, parameter: str) -> str:
    return f'"{parameter}" = {{ dictionary = "{stock}" }}'
