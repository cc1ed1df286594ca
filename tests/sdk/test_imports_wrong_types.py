"""Files with values of wrong types: they are read, or an error names the conversation."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatroutes.exports import validate
from chatroutes.imports import ImportFileError, read
from chatroutes.imports._preparation import prepare
from chatroutes.imports._replay_plan import plan_replay
from tests.support.foreign_files import regenerated_conversation
from tests.support.markers import single_python

pytestmark = single_python

VALUES: list[Any] = [
    None,
    0,
    -1,
    1.5,
    True,
    "",
    "x",
    "\ud800",
    [],
    [1],
    {},
    {"a": 1},
    [None],
    10**30,
]
OPENAI = {
    "model": "gpt-4",
    "tools": [{"name": "f"}],
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]},
        {"role": "tool", "content": "7", "tool_call_id": "t"},
    ],
}
SHAREGPT = {"id": "s", "conversations": [{"from": "human", "value": "a"}]}
OURS = {
    "format": "chatroutes-conversation",
    "version": 1,
    "exportedAt": "2024-01-01T00:00:00.000Z",
    "conversation": {"id": "c", "title": "Ours", "maxTokens": 9},
    "branches": [
        {"id": "b", "title": "Main", "isMain": True},
        {"id": "f", "title": "Fork", "isMain": False, "forkPointMessageId": "m"},
    ],
    "messages": [
        {"id": "m", "branchId": "b", "parentMessageId": None, "role": "user", "content": "a"},
        {"id": "n", "branchId": "f", "parentMessageId": "m", "role": "assistant", "content": "b"},
    ],
    "checkpoints": [{"id": "k", "branch_id": "b", "anchor_message_id": "m", "summary": "s"}],
}


def iter_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each object or array of a value, with each of its names or positions."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in [*items]:
        yield value, name
        if isinstance(each, dict | list):
            yield from iter_places(each)


def change(rng: random.Random, value: Any) -> Any:
    changed = copy.deepcopy(value)
    for _ in range(rng.randint(1, 4)):
        places = [*iter_places(changed)]
        if places:
            target, name = rng.choice(places)
            target[name] = copy.deepcopy(rng.choice(VALUES))
    return changed


@pytest.mark.parametrize("conversation", [regenerated_conversation(), OPENAI, SHAREGPT, OURS])
def test_a_value_of_a_wrong_type_is_read_or_an_error(tmp_path: Path, conversation: Any) -> None:
    rng = random.Random(1)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps([conversation, *(change(rng, conversation) for _ in range(250))]))
    count = 0
    for each in read(path):
        count += 1
        if each.export is None:
            assert each.location in str(each.error)
            continue
        validate(each.export)
        try:
            prepared = prepare(each.export)
        except ImportFileError:
            continue
        assert plan_replay(prepared.document, "gpt-5").warnings
    assert count == 251
