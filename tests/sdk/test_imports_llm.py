"""The logs of `llm`: conversations of its old and its new tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatroutes.imports import ImportFileError, read
from tests.support.foreign_files import (
    LLM_MESSAGE_SCHEMA,
    LLM_SCHEMA,
    OLD_LLM_SCHEMA,
    create_database,
    lines_of,
)

TIME = "2024-01-02T03:04:05.678901"


def test_log_of_llm_is_read(tmp_path: Path) -> None:
    path = create_database(
        tmp_path / "logs.db",
        OLD_LLM_SCHEMA,
        LLM_SCHEMA,
        rows=[
            ("conversations", ["c1", "Named", "gpt-4"]),
            (
                "responses",
                [
                    "r1",
                    "gpt-4",
                    "one",
                    "Be brief.",
                    None,
                    '{"temperature": 1}',
                    "eins",
                    None,
                    "c1",
                    12,
                    TIME,
                    3,
                    4,
                    None,
                ],
            ),
            (
                "responses",
                [
                    "r2",
                    "gpt-4",
                    "two",
                    "Be brief.",
                    None,
                    None,
                    "zwei",
                    '{"id": 7}',
                    "c1",
                    None,
                    None,
                    None,
                    None,
                    "gpt-4-0613",
                ],
            ),
            (
                "responses",
                [
                    "r3",
                    "gpt-4",
                    None,
                    "Now long.",
                    None,
                    None,
                    None,
                    None,
                    "c1",
                    None,
                    TIME,
                    None,
                    None,
                    None,
                ],
            ),
            (
                "responses",
                [
                    "r4",
                    "llama",
                    "alone",
                    None,
                    None,
                    None,
                    "x",
                    None,
                    None,
                    None,
                    TIME,
                    None,
                    None,
                    None,
                ],
            ),
            ("attachments", ["a", "image/png", None, None, b"png"]),
            ("prompt_attachments", ["r1", "a", 0]),
            ("fragments", [1, "h", "A fragment"]),
            ("prompt_fragments", ["r1", 1, 0]),
            ("system_fragments", ["r4", 1, 0]),
            ("tool_calls", [1, "r1", "f", "{}", "t"]),
            ("tool_results", [1, "r2", "f", "7", "t"]),
        ],
    )
    before = path.read_bytes()
    found = [*read(path)]
    assert path.read_bytes() == before
    assert [each.error for each in found] == [None, None]
    export: Any = found[0].export
    assert export["conversation"]["title"] == "Named"
    assert export["conversation"]["systemPrompt"] == "Be brief."
    contents = [(each["role"], each["content"]) for each in export["messages"]]
    assert contents == (
        [
            ("user", "A fragment\n\none\n\n[attachment: image/png]"),
            ("assistant", "eins\n\n[tool call f]"),
            ("user", "two"),
            ("assistant", "zwei"),
            ("system", "Now long."),
            ("user", ""),
            ("assistant", ""),
        ]
    )
    by_content = {each["content"].split("\n")[0]: each for each in export["messages"]}
    assert by_content["eins"]["metadata"] == {
        "model": "gpt-4",
        "responseTime": 12,
        "prompt_tokens": 3,
        "imported": {
            "source": "llm",
            "id": "r1",
            "options_json": {"temperature": 1},
            "toolCalls": [{"name": "f", "arguments": "{}", "tool_call_id": "t"}],
        },
    }
    assert by_content["eins"]["tokenCount"] == 4
    assert by_content["zwei"]["model"] == "gpt-4-0613"
    attachments = by_content["A fragment"]["metadata"]["imported"]["attachments"]
    assert attachments == [{"id": "a", "type": "image/png", "size": 3}]
    alone: Any = found[1].export
    assert alone["conversation"]["title"] == "alone"
    assert alone["conversation"]["systemPrompt"] == "A fragment"


def test_log_of_the_first_releases_of_llm_is_read(tmp_path: Path) -> None:
    rows = [("responses", ["r", "m", "q", None, None, None, "a", None, "c", None, TIME])]
    path = create_database(tmp_path / "logs.db", OLD_LLM_SCHEMA, rows=rows)
    assert [each.export and lines_of(each.export) for each in read(path)] == [{"Main": ["q", "a"]}]


def test_forked_threads_of_llm_become_branches(tmp_path: Path) -> None:
    def turn(name: str, thread: str, tip: str, time: str = TIME) -> list[Any]:
        return [
            name,
            thread,
            None,
            tip,
            "demo",
            None,
            '{"x": 1}',
            None,
            3,
            4,
            None,
            5,
            f"{time}+00:00",
        ]

    texts = {"s": "Be brief.", "q1": "one", "a1": "eins", "a2": "zwei", "a3": "drei"}
    path = create_database(
        tmp_path / "logs.db",
        OLD_LLM_SCHEMA,
        LLM_SCHEMA,
        LLM_MESSAGE_SCHEMA,
        rows=[
            ("messages", ["s", None, "system", None]),
            ("messages", ["q1", "s", "user", None]),
            ("messages", ["a1", "q1", "assistant", '{"id": 7}']),
            ("messages", ["q2", "a1", "user", None]),
            ("messages", ["a2", "q2", "assistant", None]),
            ("messages", ["a3", "q1", "assistant", None]),
            *[("parts", [None, name, 0, "text", None, text, None]) for name, text in texts.items()],
            (
                "parts",
                [
                    None,
                    "q2",
                    0,
                    "text",
                    None,
                    None,
                    '{"text_ref": [{"fragment": 1}, {"literal": "!"}]}',
                ],
            ),
            ("parts", [None, "q2", 1, "attachment", None, None, '{"attachment": {"id": "x"}}']),
            ("attachments", ["x", "image/png", None, "https://a.example/x.png", None]),
            ("parts", [None, "a2", 1, "tool_call", "f", None, '{"arguments": {}}']),
            ("fragments", [1, "h", "A fragment"]),
            ("threads", ["t1", "Named", "a2", None, TIME]),
            ("threads", ["t2", None, "a3", "t1", TIME]),
            ("turns", turn("u1", "t1", "a1")),
            ("turns", turn("u2", "t1", "a2", "2025-01-01 00:00:00")),
            ("turns", turn("u3", "t2", "a3")),
            (
                "responses",
                [
                    "u1",
                    "demo",
                    "one",
                    None,
                    None,
                    None,
                    "eins",
                    None,
                    "t1",
                    None,
                    TIME,
                    None,
                    None,
                    None,
                ],
            ),
        ],
    )
    found = [*read(path)]
    assert [each.error for each in found] == [None]
    export: Any = found[0].export
    start, picture = ["Be brief.", "one"], "[attachment: https://a.example/x.png]"
    assert lines_of(export) == {
        "Main": [*start, "eins", f"A fragment!\n\n{picture}", "zwei\n\n[tool call f]"],
        "Branch 1": [*start, "drei"],
    }
    by_id = {each["id"]: each for each in export["messages"]}
    assert by_id["a1"]["metadata"]["imported"]["providerMetadata"] == {"id": 7}
    assert by_id["a1"]["tokenCount"] == 4
    assert by_id["q1"]["createdAt"] < by_id["q2"]["createdAt"] == by_id["a2"]["createdAt"]
    assert by_id["a2"]["metadata"]["imported"]["parts"][0]["payload"] == {"arguments": {}}


def test_threads_that_form_a_cycle_are_read(tmp_path: Path) -> None:
    path = create_database(
        tmp_path / "logs.db",
        LLM_MESSAGE_SCHEMA,
        rows=[
            ("messages", ["m", None, "user", None]),
            ("messages", ["loop", "loop", "user", None]),
            ("parts", [None, "m", 0, "text", None, "one", None]),
            ("threads", ["t1", "A", "m", "t2", TIME]),
            ("threads", ["t2", "B", "m", "t1", TIME]),
            ("threads", ["t3", "C", "loop", "gone", TIME]),
        ],
    )
    found = [*read(path)]
    assert [each.export and lines_of(each.export) for each in found] == [None, {"Main": ["one"]}]
    assert "'loop' form a cycle" in str(found[0].error)


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE t (x)",
        "CREATE TABLE responses (id, prompt, response, conversation_id)",
        LLM_MESSAGE_SCHEMA.replace("provider_metadata", "other"),
    ],
)
def test_database_of_another_program_raises_an_error(tmp_path: Path, schema: str) -> None:
    path = create_database(tmp_path / "x.db", schema, rows=[])
    with pytest.raises(ImportFileError, match=r"x.db: the SQLite database is not a log of llm"):
        [*read(path)]


def test_damaged_database_raises_import_file_error(tmp_path: Path) -> None:
    path = create_database(tmp_path / "x.db", OLD_LLM_SCHEMA, rows=[])
    damaged = path.read_bytes().replace(b"responsesresponses", b"\xff" * 9 + b"responses")
    path.write_bytes(damaged.replace(b"CREATE TABLE responses", b"CREATE TABLE (esponses"))
    with pytest.raises(ImportFileError, match=r"x.db: cannot read the SQLite database"):
        [*read(path)]
