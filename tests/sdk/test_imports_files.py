"""Files of conversations in JSON and ZIP: their formats, and hostile files."""

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

from chatroutes.imports import ImportFileError, ImportProgress, read
from chatroutes.imports._json_values import iter_values
from tests.support.foreign_files import (
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
def test_content_determines_the_format(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text, "utf-8")
    found = [*read(path)]
    assert [each.error for each in found] == [None] * len(found)
    assert len(found) == text.count('"title": "Ours"') + text.count(
        'messages": [{"role'
    ) + text.count('"conversations"') + text.count('"mapping"')


def test_invalid_conversation_does_not_prevent_reading_the_others(tmp_path: Path) -> None:
    bad = {**OURS, "messages": [{"id": "m"}]}
    path = write_json(tmp_path / "many.json", [OURS, bad, {"x": 1}, 7, OURS])
    found = [*read(path)]
    assert [each.export is not None for each in found] == [True, False, False, False, True]
    errors = [str(each.error) for each in found if each.error]
    assert errors[0].startswith("many.json, conversation 2 (character ")
    assert "messages[0]: 'branchId' is missing" in errors[0]
    assert "not an object with 'x'" in errors[1]
    assert errors[2].endswith("not a number")


def test_invalid_line_does_not_prevent_reading_the_other_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    good = json.dumps(OPENAI)
    path.write_text(f'{good}\n{{"messages": [}}\n{good}\n{{"cut": "text\n{good}\n')
    found = [*read(path)]
    assert [each.error is None for each in found] == [True, False, True, False, True]
    assert "the file is not JSON: Expecting value" in str(found[1].error)


def test_zip_file_of_chatgpt_is_read(tmp_path: Path) -> None:
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


def test_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", "[]")
        archive.filelist[0].file_size = 9 * 1024**3

    with pytest.raises(ImportFileError, match="the unpacked conversations have more than 8 GB"):
        [*read(path)]


def test_value_that_is_too_large_is_not_read_to_its_end() -> None:
    file = io.BytesIO(b'["' + b" " * 40_000_000)

    with pytest.raises(ImportFileError, match="a conversation is larger than 1 MB"):
        [*iter_values(file.read, "x", max_length=1024**2)]

    assert file.tell() < 4 * 1024**2


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
def test_file_in_another_format_raises_an_error_with_its_name(
    tmp_path: Path, data: bytes, message: str
) -> None:
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
def test_values_do_not_depend_on_the_size_of_the_chunks(chunk: int) -> None:
    data = b"".join(numbered_values(5)) + b' {"n": -1.5e3} 12 true'
    file = io.BytesIO(data)
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


def test_openai_messages_and_sharegpt_are_read(tmp_path: Path) -> None:
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


def test_folder_or_missing_file_raises_os_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=path.name):
            [*read(path)]


@pytest.mark.parametrize("source", [None, 5, {"messages": []}])
def test_other_sources_are_errors(source: Any) -> None:
    with pytest.raises(TypeError, match="source must be a path or an open binary file, not"):
        [*read(source)]


def test_text_file_is_an_error_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"open in text mode: .* mode 'rb'"):
        [*read(io.StringIO('{"messages": []}'))]  # type: ignore[arg-type]
