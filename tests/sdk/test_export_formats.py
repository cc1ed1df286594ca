"""The formats of an exported conversation: Markdown, OpenAI, ShareGPT and HTML."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatroutes import exports
from tests.support.export_document import export_with_branches
from tests.support.trees import HOSTILE

FORMATS: tuple[exports.ExportFormat, ...] = ("json", "markdown", "openai", "sharegpt", "html")
PARSER = MarkdownIt("commonmark").enable("table")


def text_of(export: Any, format: exports.ExportFormat, branch_id: str | None = None) -> str:
    return "".join(exports.iter_text(export, format, branch_id=branch_id))


def export_of(*contents: str) -> Any:
    """Return an export with one branch, whose messages have these contents."""
    export = export_with_branches()
    messages = [
        {
            "id": f"msg_{number}",
            "branchId": "br_main",
            "parentMessageId": f"msg_{number - 1}" if number else None,
            "role": "user",
            "content": content,
        }
        for number, content in enumerate(contents)
    ]
    conversation = {"id": "conv_1", "title": "Trip"}
    branches = export["branches"][:1]
    empty: Any = {"messages": messages, "branches": branches, "checkpoints": []}
    return exports.validate({**export, "conversation": conversation, **empty})


# All formats


@pytest.mark.parametrize("format", FORMATS)
def test_files_have_the_text_of_the_format(tmp_path: Path, format: exports.ExportFormat) -> None:
    export = export_with_branches()
    path = tmp_path / f"export{exports.SUFFIXES[format]}"
    exports.write(export, path, format, branch_id="br_deep")
    opened = io.StringIO()
    exports.write(export, opened, format, branch_id="br_deep")

    expected = text_of(export, format, "br_deep")
    assert path.read_bytes() == expected.encode()
    assert opened.getvalue() == expected
    assert export == export_with_branches()


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_content_is_written_in_every_format(
    tmp_path: Path, format: exports.ExportFormat
) -> None:
    export = export_of(*HOSTILE, "x" * 1_000_000, "")
    for each in (export["conversation"], export["branches"][0]):
        each["title"] = "\n# <script>alert(1)</script> `x` \ud800\x1b[31m"
    path = tmp_path / "export"

    exports.write(export, path, format)

    text = path.read_text("utf-8")
    assert "x" * 100_000 in text
    assert "\x1b" not in text
    if format in ("markdown", "html"):
        assert "<script>alert" not in text
    elif format != "openai":
        json.loads(text)


def test_unknown_formats_and_branches_are_errors() -> None:
    export = export_with_branches()
    with pytest.raises(ValueError, match="unknown format 'pdf': expected one of json, markdown"):
        exports.iter_text(export, "pdf")  # type: ignore[arg-type]
    for format in FORMATS:
        with pytest.raises(ValueError, match="the export has no branch 'br_9'"):
            exports.iter_text(export, format, branch_id="br_9")


@pytest.mark.parametrize("format", FORMATS)
def test_other_objects_are_not_written(tmp_path: Path, format: exports.ExportFormat) -> None:
    conversation: Any = export_with_branches()["conversation"]
    for other, message in [
        (conversation, "not an exported conversation: its format is None"),
        ("conv_1", "The export is a string"),
        (None, "The export is null"),
        ([export_with_branches()], "The export is an array"),
        (iter([]), "The export is a list_iterator"),
    ]:
        with pytest.raises(exports.InvalidExportError, match=message):
            exports.write(other, tmp_path / "export", format)
    assert not list(tmp_path.iterdir())


def test_target_must_be_a_path_or_a_file() -> None:
    with pytest.raises(TypeError, match="target must be a path or an open text file, not None"):
        exports.write(export_with_branches(), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("format", FORMATS)
def test_empty_conversation_is_written(format: exports.ExportFormat) -> None:
    assert (text_of(export_of(), format) == "") == (format == "openai")


def test_selected_branch_is_a_valid_export_with_what_the_branch_shows() -> None:
    export = export_with_branches()

    deep = exports.select_branch(export, "br_deep")
    empty = exports.select_branch(export, "br_empty")

    assert exports.validate(deep) is deep
    assert [each["id"] for each in deep["branches"]] == ["br_main", "br_short", "br_deep"]
    assert [each["id"] for each in deep["messages"]] == ["msg_1", "msg_3", "msg_6"]
    assert deep["checkpoints"] == []
    assert [each["id"] for each in empty["messages"]] == ["msg_1", "msg_2"]
    assert empty["checkpoints"] == export["checkpoints"]


# OpenAI and ShareGPT


def test_openai_has_one_line_for_each_branch_with_its_path() -> None:
    lines = text_of(export_with_branches(), "openai").splitlines()

    contents = [[each["content"] for each in json.loads(line)["messages"]] for line in lines]
    assert contents == [
        ["Be brief.", "Where should I go?", "To Rome.", "Rome!"],
        ["Be brief.", "Where should I go?", "Briefly?", "Rome!"],
        ["Be brief.", "Where should I go?", "Briefly?", "And in winter?"],
    ]
    roles = [each["role"] for each in json.loads(lines[0])["messages"]]
    assert roles == ["system", "user", "assistant", "assistant"]
    assert [each.keys() for each in json.loads(lines[0])["messages"]] == 4 * [{"role", "content"}]


def test_sharegpt_has_one_object_for_each_branch() -> None:
    objects = json.loads(text_of(export_with_branches(), "sharegpt"))

    assert [each["id"] for each in objects] == ["br_main", "br_short", "br_deep"]
    assert objects[1]["conversations"] == [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Where should I go?"},
        {"from": "human", "value": "Briefly?"},
        {"from": "gpt", "value": "Rome!"},
    ]


def test_selected_branch_is_one_line_even_if_it_is_empty() -> None:
    line = text_of(export_with_branches(), "openai", "br_empty")

    contents = [each["content"] for each in json.loads(line)["messages"]]
    assert contents == ["Be brief.", "Where should I go?", "To Rome."]


def test_lines_are_not_split_by_separators_in_messages() -> None:
    content = "a\u2028b\u2029c\x85d\x0be\r\nf \ud83d"
    text = text_of(export_of(content), "openai")

    assert len(text.splitlines()) == 1
    assert json.loads(text)["messages"][0]["content"] == content.replace("\ud83d", "\ufffd")


# HTML


def test_html_page_has_the_messages_of_the_tree() -> None:
    page = text_of(export_with_branches(), "html")

    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    rows = [
        (parent, role, content, branch) for parent, role, content, branch, _ in json.loads(found[1])
    ]
    assert rows == [
        (None, "system", "Trip to Rome", ""),
        (0, "user", "Where should I go?", "Main"),
        (1, "assistant · gpt-5", "To Rome.", ""),
        (2, "assistant · gpt-5", "Rome!", ""),
        (1, "user", "Briefly?", "Short (inactive)"),
        (4, "assistant", "Rome!", ""),
        (4, "user", "And in winter?", "Deep"),
    ]


# Markdown


def test_markdown_shows_the_forks() -> None:
    text = text_of(export_with_branches(), "markdown")

    headings = [line for line in text.splitlines() if line.startswith("#")]
    time = "2025-10-05T03:01:09.598Z"
    assert headings == [
        "# Trip to Rome",
        "## Branch 1: Main",
        f"### 1. User · {time}",
        f"### 2. Assistant · gpt-5 · {time}",
        f"### 3. Assistant · gpt-5 · {time} · merged from message 5",
        "## Branch 2: Short (merged)",
        f"### 4. User · {time}",
        f"### 5. Assistant · {time} · stopped",
        "## Branch 3: Deep",
        f"### 6. User · {time}",
        "## Branch 4: Empty",
    ]
    notes = [line for line in text.splitlines() if re.match(r"\*\w", line)]
    assert notes == [
        "*Branches from here: 2: Short*",
        "*Checkpoint of branch 1: Main, a summary up to here:*",
        "*Branches from here: 4: Empty*",
        "*Continues after message 1 of branch 1: Main.*",
        "*Branches from here: 3: Deep*",
        "*Continues after message 4 of branch 2: Short.*",
        "*Continues after message 2 of branch 1: Main.*",
        "*No messages of its own.*",
    ]
    assert "**System prompt**\n\n> Be brief.\n" in text


def blocks(tokens: list[Token]) -> list[str]:
    """Return the kinds of the blocks that are not inside others."""
    return [each.type for each in tokens if each.level == 0 and each.nesting >= 0]


def html_of(tokens: list[Token]) -> list[str]:
    inline = [child for token in tokens for child in token.children or ()]
    return [each.content for each in [*tokens, *inline] if each.type.startswith("html")]


EXPECTED_BLOCKS = blocks(PARSER.parse(text_of(export_of("one", "two"), "markdown")))
PIECES = [
    "`", "``", "```", "~~~", "````", "<script>", "</p>", "<!--", "<a href='`'>", "\n", "\n\n", " ", "    ",
    "\t", "> ", "- ", "1. ", "# ", "===", "---", "|", "\\", "x", "[a]: <", '"', "<https://a.b>", "\r",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@settings(max_examples=300)
def test_message_changes_nothing_around_it_and_has_no_html(content: str) -> None:
    tokens = PARSER.parse(text_of(export_of(content, "two"), "markdown"))

    assert html_of(tokens) == []
    expected = [*EXPECTED_BLOCKS]
    if not content:
        expected[expected.index("blockquote_open")] = "paragraph_open"
    assert blocks(tokens) == expected


@pytest.mark.parametrize(
    "content",
    [
        "```html\n<b>x</b>\n```\nText `<i>` and ``a ` <u>``",
        "~~~~\n<b>\n~~~\n</b>\n~~~~",
        "A link: <https://example.com/a?b=c>",
        "1 < 2 <= 3, a <- b, <3",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_code_and_other_text_is_unchanged(content: str) -> None:
    text = text_of(export_of(content), "markdown")

    assert "".join(f"> {line}\n" for line in content.split("\n")) in text
    assert html_of(PARSER.parse(text)) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<b>bold</b>", "&lt;b>bold&lt;/b>"),
        ("a ` <b>\n` <i>", "a ` &lt;b>\n` &lt;i>"),
        (r"\`<b>`", r"\`&lt;b>`"),
        ("  ```\nx\n```\n<b>", "  ```\nx\n```\n&lt;b>"),
        ("```\n<b>\n```\n<b>", "```\n<b>\n```\n&lt;b>"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x00 \x1b[31m \x9b", "␀ ␛[31m \ufffd"),
    ],
)
def test_html_and_control_characters_are_replaced(content: str, expected: str) -> None:
    text = text_of(export_of(content), "markdown")

    assert "".join(f"> {line}\n" for line in expected.split("\n")) in text
