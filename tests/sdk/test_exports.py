"""The document of an exported conversation: its schema, its validation, and files with it."""

from __future__ import annotations

import errno
import json
import os
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from chatroutes import exports
from chatroutes.exports._files import write_file
from chatroutes.imports import FileConversation
from tests.support.export_document import export_with_branches
from tests.support.markdown import read_blocks
from tests.support.markers import single_python
from tests.support.paths import ROOT

Change = Callable[[Any], object]


def set_at(*path: Any) -> Change:
    """Return a change that sets the value at a path: its last element."""

    def change(export: Any) -> None:
        *parents, name, value = path
        for each in parents:
            export = export[each]
        export[name] = value

    return change


def delete_at(*path: Any) -> Change:
    def change(export: Any) -> None:
        *parents, name = path
        for each in parents:
            export = export[each]
        del export[name]

    return change


SHAPES: list[tuple[Change, str]] = [
    (delete_at("conversation"), "'conversation' is missing"),
    (delete_at("exportedAt"), "'exportedAt' is missing"),
    (delete_at("messages", 3, "parentMessageId"), "messages[3]: 'parentMessageId' is missing"),
    (set_at("messages", {}), "messages: is an object, not an array"),
    (set_at("messages", 3, []), "messages[3]: is an array, not an object"),
    (set_at("messages", 3, "role", None), "messages[3].role: is null, not a string"),
    (
        set_at("messages", 3, "tokenCount", 1.5),
        "messages[3].tokenCount: is a number, not an integer or null",
    ),
    (
        set_at("messages", 3, "tokenCount", True),
        "messages[3].tokenCount: is a boolean, not an integer or null",
    ),
    (set_at("messages", 2, "metadata", "x"), "messages[2].metadata: is a string, not an object"),
    (
        set_at("messages", 2, "metadata", "mergedFrom", "messageId", 4),
        "messages[2].metadata.mergedFrom.messageId: is a number, not a string",
    ),
    (delete_at("branches", 1, "isMain"), "branches[1]: 'isMain' is missing"),
    (
        set_at("conversation", "temperature", "hot"),
        "conversation.temperature: is a string, not a number or null",
    ),
    (delete_at("checkpoints", 0, "summary"), "checkpoints[0]: 'summary' is missing"),
    (set_at("warnings", [1]), "warnings[0]: is a number, not a string"),
    (set_at("version", 0), "version: is 0, not 1"),
    (set_at("version", True), "version: is True, not 1"),
    (set_at("version", "1"), "version: is '1', not 1"),
]

VALID: list[Change] = [
    lambda export: None,
    set_at("version", 1.0),
    set_at("messages", 3, "tokenCount", 3.0),
    set_at("messages", 3, "tokenCount", 10**400),  # too large for a float
    set_at("messages", 3, "metadata", None),
    set_at("messages", 3, "role", "tool"),
    set_at("unknown", {"any": ["thing"]}),
    set_at("warnings", ["The service has no checkpoints."]),
    delete_at("messages", 3, "createdAt"),
    delete_at("conversation", "userId"),
    set_at("branches", 1, "forkPointMessageId", "msg_deleted"),
    set_at("checkpoints", 0, "anchor_message_id", "msg_deleted"),
]

REFERENCES: list[tuple[Change, str]] = [
    (set_at("messages", 3, "id", "msg_1"), "messages[3].id: 'msg_1' is also the id of messages[0]"),
    (
        set_at("branches", 2, "id", "br_main"),
        "branches[2].id: 'br_main' is also the id of branches[0]",
    ),
    (
        set_at("messages", 3, "branchId", "br_9"),
        "messages[3].branchId: 'br_9' is not the id of one of the branches",
    ),
    (
        set_at("messages", 3, "parentMessageId", "msg_9"),
        "messages[3].parentMessageId: 'msg_9' is not the id of one of the messages",
    ),
    (
        set_at("messages", 3, "parentMessageId", "msg_6"),
        "messages[3].parentMessageId: 'msg_6' is the id of messages[5], which does not come before messages[3]",
    ),
    (
        set_at("branches", 1, "parentBranchId", "br_short"),
        "branches[1].parentBranchId: 'br_short' is the id of branches[1], which does not come before branches[1]",
    ),
    (set_at("branches", 0, "isMain", False), "branches: 0 branches are the main branch, not 1"),
    (
        set_at("checkpoints", 0, "branch_id", "br_9"),
        "checkpoints[0].branch_id: 'br_9' is not the id of one of the branches",
    ),
]


def changed(change: Change) -> Any:
    export = export_with_branches()
    change(export)
    return export


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.validator_for(exports.schema())


@pytest.mark.parametrize("change", VALID)
def test_valid_export_is_returned_and_matches_the_schema(change: Change, validator: Any) -> None:
    export = changed(change)

    assert exports.validate(export) is export
    assert validator.is_valid(export)


@pytest.mark.parametrize(("change", "message"), SHAPES)
def test_validation_names_the_location_and_agrees_with_the_schema(
    change: Change, message: str, validator: Any
) -> None:
    export = changed(change)

    with pytest.raises(exports.InvalidExportError, match=f"^{re.escape(message)}$"):
        exports.validate(export)
    assert not validator.is_valid(export)


@pytest.mark.parametrize(("change", "message"), REFERENCES)
def test_references_are_validated(change: Change, message: str) -> None:
    with pytest.raises(exports.InvalidExportError, match=f"^{re.escape(message)}$") as raised:
        exports.validate(changed(change))

    assert message == f"{raised.value.location}: {raised.value.message}"


def test_schema_and_types_have_the_same_fields() -> None:
    schema = exports.schema()
    hints = typing.get_type_hints(exports.ConversationExport)
    assert {*schema["properties"]} == {*hints}
    assert {*schema["required"]} == exports.ConversationExport.__required_keys__
    assert {*schema["$defs"]["Message"]["properties"]} == {
        *typing.get_type_hints(exports.ExportedMessage)
    }


@single_python
def test_documentation_has_the_format() -> None:
    page = (ROOT / "docs/how-to/export.md").read_text("utf-8")
    documents = [block.code for block in read_blocks(page) if block.language == "json"]
    minimal: Any = exports.loads(documents[0])
    for name in exports.schema()["required"]:
        with pytest.raises(exports.InvalidExportError):
            exports.validate({key: value for key, value in minimal.items() if key != name})

    schema = exports.schema()
    named = {*re.findall(r"`([\w.]+)`", page.partition("## The JSON document")[2])}
    names = {name for part in schema["$defs"].values() for name in part["properties"]}
    assert names | {*schema["properties"]} <= named | {"mergedFrom", "messages"}


def keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from keywords(each)
    elif isinstance(schema, dict):
        yield from schema
        for name, value in schema.items():
            children = value.values() if name in ("properties", "$defs") else [value]
            for each in children:
                yield from keywords(each)


def test_schema_has_only_keywords_that_the_validation_supports() -> None:
    annotations = {"$schema", "$comment", "$defs", "title", "description", "format"}
    supported = {"$ref", "oneOf", "const", "type", "required", "properties", "items"}
    assert {*keywords(exports.schema())} <= annotations | supported
    assert jsonschema_rs.meta.is_valid(exports.schema())
    assert exports.schema() == json.loads(exports.schema_path().read_text("utf-8"))


def test_newer_version_raises_an_error_with_the_remedy() -> None:
    with pytest.raises(exports.InvalidExportError) as raised:
        exports.validate({"format": "chatroutes-conversation", "version": 2})

    assert str(raised.value) == (
        "version: The export has version 2, but this release of chatroutes supports version 1 only. "
        "Upgrade chatroutes."
    )


def test_conversation_of_a_file_is_an_error_with_the_remedy() -> None:
    item = FileConversation("file.json", export_with_branches())
    with pytest.raises(exports.InvalidExportError, match=r"FileConversation, .* 'export'\.$"):
        exports.validate(item)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "The export is not JSON: "),
        (b"\xff\xfe\xff", "The export is not JSON: "),
        (b"[]", "The export is an array, not an object."),
        (b"null", "The export is null, not an object."),
        (
            b"{}",
            "The document is not an exported conversation: its format is None, not 'chatroutes-c",
        ),
        (
            '{"format": "\U0001f600"}',
            "The document is not an exported conversation: its format is '\U0001f600'",
        ),
    ],
)
def test_other_documents_are_rejected(data: bytes | str, message: str) -> None:
    with pytest.raises(exports.InvalidExportError, match=f"^{re.escape(message)}"):
        exports.loads(data)


# Files

HOSTILE = "</script>\u2028\x00\x1b[31m \ud83d half \U0001f600 ```\r\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", ": The export is not JSON: "),
        (
            '{"format": "chatroutes-conversation", "version": 2}',
            ", version: The export has version 2",
        ),
    ],
)
def test_error_of_a_file_names_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)
    with pytest.raises(exports.InvalidExportError) as raised:
        exports.read(path)
    assert str(raised.value).startswith(f"{path}{message}")


def test_read_returns_what_write_has_written(tmp_path: Path) -> None:
    export = export_with_branches()
    export["messages"][0]["content"] = HOSTILE
    export["messages"][1]["content"] = "é" * 1_000_000
    export["conversation"]["deep"] = {"a": [{"b": [None, 1.5, -0.0, 10**20]}]}
    path = tmp_path / "export.json"

    exports.write(export, path)

    assert exports.read(path) == export
    assert [*exports.read(path)] == [*export]
    assert "é" * 1000 in path.read_text("utf-8")


def test_file_has_one_line_for_each_message(tmp_path: Path) -> None:
    export = export_with_branches()
    exports.write(export, tmp_path / "export.json")

    lines = (tmp_path / "export.json").read_text("utf-8").split("\n")
    found = [json.loads(line.rstrip(",")) for line in lines if '"role"' in line]
    assert found == export["messages"]
    assert lines[-1] == ""


def test_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    exports.write(export_with_branches(), path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert exports.read(path) == export_with_branches()
    assert exports.loads(path.read_text("utf-8")) == export_with_branches()


def test_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("before", "utf-8")
    export = export_with_branches()
    export["messages"][5]["metadata"] = {"cost": float("nan")}

    with pytest.raises(ValueError, match="not JSON compliant"):
        exports.write(export, path)

    assert path.read_text("utf-8") == "before"
    assert os.listdir(tmp_path) == ["export.json"]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="the system has no /dev/fd")
def test_export_is_written_to_a_pipe() -> None:
    read_end, write_end = os.pipe()
    with open(read_end, "rb") as reader:
        with open(write_end, "wb"):
            exports.write(export_with_branches(), f"/dev/fd/{write_end}", overwrite=False)
        assert exports.loads(reader.read()) == export_with_branches()


def test_error_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "export.json", tmp_path, Path("/dev/full")):
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            exports.write(export_with_branches(), path)
        assert caught.value.filename == str(path)
        assert str(caught.value).endswith(f"{str(path)!r}")


def test_document_that_is_nested_too_deep_is_an_error(tmp_path: Path) -> None:
    export = export_with_branches()
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deep"):
        exports.write({**export, "deep": deep}, tmp_path / "export.json")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.touch(0o600)

    exports.write(export_with_branches(), path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_existing_file_is_kept_without_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    exports.write(export_with_branches(), path, overwrite=False)
    written = path.read_bytes()

    with pytest.raises(FileExistsError, match=r"export\.json exists"):
        exports.write({**export_with_branches(), "warnings": ["x"]}, path, overwrite=False)

    assert path.read_bytes() == written
    assert os.listdir(tmp_path) == ["export.json"]


@pytest.mark.parametrize("code", [None, errno.EPERM, errno.EOPNOTSUPP])
def test_new_file_is_written_where_hard_links_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    path = tmp_path / "export.json"
    other = tmp_path / "other.json"
    if code is not None:

        def fail(source: Path, target: Path) -> None:
            raise OSError(code, "no hard links")

        monkeypatch.setattr(os, "link", fail)

    def pieces() -> Iterator[bytes]:
        other.write_bytes(b"of another program")
        yield b"x"

    write_file(path, [b"x"], overwrite=False)
    with pytest.raises(FileExistsError):
        write_file(other, pieces(), overwrite=False)

    assert path.read_bytes() == b"x"
    assert other.read_bytes() == b"of another program"
    assert sorted(os.listdir(tmp_path)) == ["export.json", "other.json"]


def test_symbolic_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("target.json")

    exports.write(export_with_branches(), tmp_path / "link.json")

    assert (tmp_path / "link.json").is_symlink()
    assert exports.read(tmp_path / "target.json") == export_with_branches()


@pytest.mark.parametrize(
    ("conversation_id", "title", "name"),
    [
        ("conv_1", "Trip to Rome", "Trip-to-Rome-conv_1.json"),
        ("conv_1", "", "conversation-conv_1.json"),
        ("conv_1", "../../etc/passwd", "etc-passwd-conv_1.json"),
        ("conv_1", "a\x00b\n\ud800<|>:*?c", "a-b-c-conv_1.json"),
        ("conv_1", "日本語 é नमस्ते", "日本語-é-नमस्ते-conv_1.json"),
        ("conv_1", "x" * 1_000_000, f"{'x' * 80}-conv_1.json"),
        ("../a", "T", "T-a-61b4c98b.json"),
        ("..", "T", "T-5ec1f7e7.json"),
    ],
)
def test_name_of_a_file_is_safe(conversation_id: str, title: str, name: str) -> None:
    assert exports.file_name({"id": conversation_id, "title": title}, ".json") == name
