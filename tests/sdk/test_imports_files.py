"""Files of conversations: their formats, and hostile ones."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chatroutes.imports import ImportFileError, ImportProgress, _json_values, _reading, read
from chatroutes.imports._json_values import iter_values
from tests.support.foreign_files import (
    LLM_MESSAGE_SCHEMA,
    LLM_SCHEMA,
    OLD_LLM_SCHEMA,
    create_database,
    lines_of,
    regenerated_conversation,
    write_json,
)

OPENAI = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
SHAREGPT = {
    "id": "s",
    "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}],
}
TOOL_CALL = {"id": "t", "function": {"name": "f", "arguments": "{}"}}
OURS: Any = {
    "format": "chatroutes-conversation",
    "version": 1,
    "exportedAt": "2024-01-01T00:00:00.000Z",
    "conversation": {"id": "c", "title": "Ours"},
    "branches": [{"id": "b", "title": "Main", "isMain": True}],
    "messages": [
        {"id": "m", "branchId": "b", "parentMessageId": None, "role": "user", "content": "a"}
    ],
    "checkpoints": [],
}
TIME = "2024-01-02T03:04:05.678901"


def titles(path: Path) -> list[str | None]:
    return [each.export and each.export["conversation"]["title"] for each in read(path)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(OURS),
        "\ufeff" + json.dumps(OURS, indent=2),
        json.dumps([OURS, OPENAI]),
        "  [ ]  " + json.dumps(OURS),
        "\n".join(map(json.dumps, (OPENAI, SHAREGPT, OURS, regenerated_conversation()))),
        json.dumps(OPENAI) + json.dumps([SHAREGPT, OURS]) + json.dumps(OPENAI),
    ],
)
def test_the_content_decides_the_format(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text, "utf-8")
    found = [*read(path)]
    assert [each.error for each in found] == [None] * len(found)
    assert len(found) == text.count('"title": "Ours"') + text.count(
        'messages": [{"role'
    ) + text.count('"conversations"') + text.count('"mapping"')


def test_one_bad_conversation_does_not_lose_the_others(tmp_path: Path) -> None:
    bad = {**OURS, "messages": [{"id": "m"}]}
    path = write_json(tmp_path / "many.json", [OURS, bad, {"x": 1}, 7, OURS])
    found = [*read(path)]
    assert [each.export is not None for each in found] == [True, False, False, False, True]
    errors = [str(each.error) for each in found if each.error]
    assert errors[0].startswith("many.json, conversation 2 (character ")
    assert "messages[0]: 'branchId' is missing" in errors[0]
    assert "not an object with 'x'" in errors[1]
    assert errors[2].endswith("not a number")


def test_a_bad_line_does_not_lose_the_other_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    good = json.dumps(OPENAI)
    path.write_text(f'{good}\n{{"messages": [}}\n{good}\n{{"cut": "text\n{good}\n')
    found = [*read(path)]
    assert [each.error is None for each in found] == [True, False, True, False, True]
    assert "the file is not JSON: Expecting value" in str(found[1].error)


def test_a_zip_file_of_chatgpt(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in (1, 0):
            conversation = regenerated_conversation(title=f"number {number}")
            archive.writestr(f"data/conversations-00{number}.json", json.dumps([conversation]))
        archive.writestr("__MACOSX/data/._conversations.json", "junk")
        archive.writestr("../../chat.html", "<html>")
    progress: list[ImportProgress] = []
    found = [*read(path, on_progress=progress.append)]
    assert [each.export and each.export["conversation"]["title"] for each in found] == [
        "number 0",
        "number 1",
    ]
    assert found[1].location.startswith("data.zip, conversations-001.json, conversation 1")
    assert progress[-1].completed == progress[-1].total


def write_zip(path: Path, name: str, data: bytes, kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr(name, data)
    return path


def test_damaged_and_other_zip_files_are_errors(tmp_path: Path) -> None:
    other = write_zip(tmp_path / "other.zip", "x.json", b"[]")
    with pytest.raises(ImportFileError, match=r"other.zip: the ZIP file has no conversations.json"):
        [*read(other)]
    data = json.dumps([regenerated_conversation()] * 50).encode()
    for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = write_zip(tmp_path / "damaged.zip", "conversations.json", data, kind)
        whole = path.read_bytes()
        middle = whole[:100] + bytes(30) + whole[130:]
        offset = whole[:-6] + b"\xff" * 4 + whole[-2:]  # of the list of the files in it
        for content in (middle, offset, whole[:50]):
            path.write_bytes(content)
            with pytest.raises(ImportFileError, match=r"damaged.zip: cannot read the ZIP file"):
                [*read(path)]


def test_errors_of_the_callback_are_not_errors_of_the_file(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", "conversations.json", json.dumps([OPENAI]).encode())

    def fail(progress: ImportProgress) -> None:
        raise RuntimeError("of the callback")

    with pytest.raises(RuntimeError, match="of the callback"):
        [*read(path, on_progress=fail)]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = write_zip(tmp_path / "bomb.zip", "conversations.json", b'["' + b" " * 40_000_000)
    monkeypatch.setattr(_reading, "MAX_UNPACKED_SIZE", 10_000_000)
    with pytest.raises(ImportFileError, match="the unpacked conversations have more than"):
        [*read(bomb)]
    monkeypatch.setattr(_reading, "MAX_UNPACKED_SIZE", 100_000_000)
    monkeypatch.setattr(_json_values, "MAX_VALUE_LENGTH", 2_000_000)
    with pytest.raises(ImportFileError, match="a conversation is larger than"):
        [*read(bomb)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"# A title\n\nSome Markdown", "the file is not JSON: Expecting value"),
        (b"[1, 2, 3]", "expected a ChatRoutes export"),
        (b'"text"', "not a string"),
        (b"null", "not null"),
        (b'[{"messages": []} {"y": 2}]', "expected ',' or ']' after a conversation, not '{'"),
        (b'[{"messages": []}', "expected ',' or ']' after a conversation, not the end of the file"),
        (b"[", "the file is not JSON"),
        (b'[{"x": tru', "the file is not JSON"),
        (b'{"x": NaN}', "NaN is not a number in JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "the file is not JSON"),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n", "the file is empty"),
        (b'{"x": "', "the file is not JSON: Unterminated string starting at character 6"),
        (b'{"x": "' + b"\xff" + b'"}', "the text is not UTF-8: invalid start byte near byte 7"),
        ('{"x": 1}'.encode("utf-16"), "the text is UTF-16"),
        ('{"x": 1}'.encode("utf-32"), "or UTF-32"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"\x00\x01\x02", "the file is not JSON"),
        (b"SQLite format 3\0 and no more", "cannot read the SQLite database"),
    ],
)
def test_another_file_is_an_error_that_names_it(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    error = first_error(path)
    assert message in str(error)
    assert str(error).startswith("other.bin")


def first_error(path: Path) -> ImportFileError | None:
    try:
        return next((each.error for each in read(path) if each.error), None)
    except ImportFileError as error:
        return error


def test_an_empty_array_has_no_conversations(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b" []\n")
    assert [*read(path)] == []


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="the system has no /dev/fd")
def test_a_pipe_and_an_open_file_are_read() -> None:
    data = json.dumps(OPENAI).encode()
    read_end, write_end = os.pipe()
    with open(write_end, "wb") as writer:
        writer.write(data)
    with open(read_end, "rb"):
        progress: list[ImportProgress] = []
        [from_pipe] = read(f"/dev/fd/{read_end}", on_progress=progress.append)
    [from_file] = read(io.BytesIO(data))
    assert from_pipe.export is not None
    assert from_file.export is not None
    assert from_pipe.export["messages"] == from_file.export["messages"]
    assert progress == []  # the size is unknown


def numbered_values(count: int) -> Iterator[bytes]:
    yield b"["
    for number in range(count):
        yield b"," * (number > 0) + json.dumps({"n": number, "t": 'é\\ud83d "x"' * 50}).encode()
    yield b"]"


@pytest.mark.parametrize("chunk", [1, 7, 64, 100_000])
def test_values_are_the_same_however_they_are_cut(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    data = b"".join(numbered_values(5)) + b' {"n": -1.5e3} 12 true'
    file = io.BytesIO(data)
    monkeypatch.setattr(_json_values, "CHUNK_SIZE", chunk)
    values = [each.value for each in iter_values(lambda size: file.read(min(size, chunk)), "x")]
    assert values == [*json.loads(b"".join(numbered_values(5))), {"n": -1500.0}, 12, True]


def test_a_large_file_is_read_in_pieces() -> None:
    pieces = numbered_values(8_000)
    ahead = 0

    def read_piece(_size: int) -> bytes:
        nonlocal ahead
        data = next(pieces, b"")
        ahead += len(data)
        return data

    for each in iter_values(read_piece, "x"):
        assert ahead < 100_000 + each.offset * 2  # bytes, of which a character has up to two


def test_openai_messages_and_sharegpt(tmp_path: Path) -> None:
    rich = {
        "model": "gpt-4",
        "tools": [{"name": "f"}],
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]},
            {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
            {"role": "tool", "content": "7", "tool_call_id": "t"},
            {"role": "assistant", "content": None, "refusal": "No."},
            {"from": "Human", "value": "b"},
        ],
    }
    path = write_json(tmp_path / "x.json", [rich, SHAREGPT, {"messages": []}, {"messages": [7]}])
    found = [*read(path)]
    export: Any = found[0].export
    assert [(each["role"], each["content"]) for each in export["messages"]] == [
        ("system", "Be brief."),
        ("user", "a\n\n[image_url]"),
        ("assistant", "[tool call f]"),
        ("assistant", "7"),
        ("assistant", "No."),
        ("user", "b"),
    ]
    assert datetime.fromisoformat(export["exportedAt"])  # the schema requires a time
    assert export["messages"][2]["metadata"]["imported"]["tool_calls"] == [TOOL_CALL]
    assert export["messages"][3]["metadata"]["imported"]["role"] == "tool"
    assert export["messages"][0]["metadata"]["imported"]["conversation"] == {
        "tools": [{"name": "f"}]
    }
    plain, empty = (each.export for each in found[1:3])
    assert plain is not None
    assert lines_of(plain) == {"Main": ["a", "b"]}
    assert empty is not None
    assert empty["messages"] == []
    assert "messages[0]: expected an object with a text 'role' or 'from'" in str(found[3].error)


def test_the_log_of_llm(tmp_path: Path) -> None:
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


def test_the_log_of_the_first_releases_of_llm(tmp_path: Path) -> None:
    rows = [("responses", ["r", "m", "q", None, None, None, "a", None, "c", None, TIME])]
    path = create_database(tmp_path / "logs.db", OLD_LLM_SCHEMA, rows=rows)
    assert [each.export and lines_of(each.export) for each in read(path)] == [{"Main": ["q", "a"]}]


def test_the_threads_of_llm_with_a_fork(tmp_path: Path) -> None:
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


def test_threads_that_were_forked_in_a_circle_are_read(tmp_path: Path) -> None:
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
    assert "'loop' follow each other in a circle" in str(found[0].error)


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE t (x)",
        "CREATE TABLE responses (id, prompt, response, conversation_id)",
        LLM_MESSAGE_SCHEMA.replace("provider_metadata", "other"),
    ],
)
def test_another_database_is_an_error(tmp_path: Path, schema: str) -> None:
    path = create_database(tmp_path / "x.db", schema, rows=[])
    with pytest.raises(ImportFileError, match=r"x.db: the SQLite database is no log of llm"):
        [*read(path)]


def test_a_damaged_database_is_an_error(tmp_path: Path) -> None:
    path = create_database(tmp_path / "x.db", OLD_LLM_SCHEMA, rows=[])
    damaged = path.read_bytes().replace(b"responsesresponses", b"\xff" * 9 + b"responses")
    path.write_bytes(damaged.replace(b"CREATE TABLE responses", b"CREATE TABLE (esponses"))
    with pytest.raises(ImportFileError, match=r"x.db: cannot read the SQLite database"):
        [*read(path)]


def test_a_folder_and_a_missing_file_are_os_errors(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=path.name):
            [*read(path)]
