"""The document of an exported conversation: its schema and its validation."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest

from chatroutes import exports
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
