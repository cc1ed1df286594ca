"""Conversations of ChatGPT as documents."""

from __future__ import annotations

from typing import Any

import pytest

from chatroutes.exports import validate
from chatroutes.imports import ImportFileError
from chatroutes.imports._chatgpt import to_export
from tests.support.foreign_files import (
    chatgpt_conversation,
    chatgpt_node,
    lines_of,
    regenerated_conversation,
)
from tests.support.markers import single_python

pytestmark = single_python


def test_tree_becomes_branches() -> None:
    export = validate(to_export(regenerated_conversation()))

    assert lines_of(export) == {
        "Main": ["Where?", "Oslo"],
        "Branch 1": ["Where?", "Rome", "Why?", "[image: sediment://file_1]\n\nA picture"],
        "Branch 2": ["Where to?", "Nowhere"],
    }
    assert [each["role"] for each in export["messages"]] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "assistant",
        "user",
        "assistant",
    ]
    assert "warnings" not in export


def test_other_fields_of_messages_are_kept_in_the_metadata() -> None:
    content = regenerated_conversation(is_archived=True, gizmo_id=None, default_model_slug="gpt-5")
    export = to_export(content)
    by_id: dict[str, Any] = {each["id"]: each for each in export["messages"]}

    assert export["conversation"] == {
        "id": "conversation-uuid",
        "title": "A talk",
        "model": "gpt-5",
        "createdAt": "2023-11-14T22:13:20.250Z",
        "updatedAt": "2023-11-14T22:15:00.000Z",
    }
    assert by_id["a1"]["model"] == by_id["a1"]["metadata"]["model"] == "gpt-4o"
    assert by_id["a1"]["metadata"]["finishReason"] == "cancelled"
    assert by_id["a1"]["createdAt"] == "1970-01-01T00:00:02.000Z"
    imported = by_id["tool"]["metadata"]["imported"]
    assert imported["source"] == "chatgpt"
    assert imported["author"] == {"role": "tool", "name": "dalle.text2im", "metadata": {}}
    assert imported["content"]["parts"][0]["asset_pointer"] == "sediment://file_1"
    assert by_id["q1"]["metadata"]["imported"]["conversation"] == {
        "is_archived": True,
        "conversation_id": "conversation-uuid",
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"content_type": "text", "parts": ["a", "", "b"]}, "a\n\nb"),
        ({"content_type": "code", "language": "python", "text": "1 + 1"}, "1 + 1"),
        ({"content_type": "execution_output", "text": "2"}, "2"),
        (
            {"content_type": "tether_quote", "title": "T", "url": "http://x", "text": "q"},
            "T\n\nhttp://x\n\nq",
        ),
        ({"content_type": "tether_browsing_display", "result": "r", "summary": None}, "r"),
        (
            {"content_type": "thoughts", "thoughts": [{"summary": "S", "content": "C"}, 7]},
            "S\n\nC",
        ),
        ({"content_type": "reasoning_recap", "content": "Thought for 3s"}, "Thought for 3s"),
        (
            {
                "content_type": "multimodal_text",
                "parts": [{"content_type": "audio_transcription", "text": "hi"}],
            },
            "hi",
        ),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "x_y"}, 3, None]}, "[x y]"),
        ({"content_type": "super_widget", "widgets": [1]}, "[super widget]"),
        ({"content_type": "citable_code_output", "output_str": "7"}, "7"),
        ({"content_type": "tether_browsing_display", "result": "", "summary": ""}, ""),
        ({"content_type": "text", "parts": "wrong"}, ""),
        (None, ""),
        ("wrong", ""),
    ],
)
def test_text_of_each_kind_of_content_is_read(content: Any, text: str) -> None:
    conversation = chatgpt_conversation([chatgpt_node("m", None, "user", "", content=content)])
    assert to_export(conversation)["messages"][0]["content"] == text


@pytest.mark.parametrize(
    ("role", "content_type", "field"),
    [
        ("user", "user_editable_context", "user_instructions"),
        ("assistant", "model_editable_context", "model_set_context"),
    ],
)
def test_hidden_instructions_become_a_system_message(
    role: str, content_type: str, field: str
) -> None:
    content = {"content_type": content_type, field: "Be brief."}
    hidden = {"is_visually_hidden_from_conversation": True}
    node = chatgpt_node("m", None, role, "", content=content, metadata=hidden)
    message = to_export(chatgpt_conversation([node]))["messages"][0]
    assert (message["role"], message["content"]) == ("system", "Be brief.")


def test_attachments_are_shown_once() -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    content = {"content_type": "multimodal_text", "parts": [image, "What is it?"]}
    attachments = [{"id": "file-1", "name": "a.png"}, {"id": "file-2", "name": "b.pdf"}, {}]
    node = chatgpt_node(
        "m", None, "user", "", content=content, metadata={"attachments": attachments}
    )
    message: Any = to_export(chatgpt_conversation([node]))["messages"][0]
    placeholders = ["[attachment: b.pdf]", "[attachment]"]
    expected = ["[image: file-service://file-1]", "What is it?", *placeholders]
    assert message["content"].split("\n\n") == expected
    assert message["metadata"]["imported"]["content"] == content


def test_missing_parents_and_listed_children_are_resolved() -> None:
    nodes = [
        chatgpt_node("lost", "gone", "user", "lost", 1),
        chatgpt_node("parent", None, "user", "parent", 2),
        {**chatgpt_node("child", None, "assistant", "child", 3), "parent": None},
        chatgpt_node("empty", "child", "assistant", "", 4),
        chatgpt_node("last", "empty", "user", "last", 5),
    ]
    nodes[1]["children"] = ["child", "nowhere", 7]
    export = validate(to_export(chatgpt_conversation(nodes)))
    assert lines_of(export) == {"Main": ["parent", "child", "last"], "Branch 1": ["lost"]}
    assert export["warnings"] == [
        "Messages that follow a missing message, and begin a branch: 1.",
        "Messages without any content, which were left out: 1.",
    ]


@pytest.mark.parametrize("current", [None, "nowhere", 7, "b"])
def test_the_current_node_can_be_missing_or_wrong(current: Any) -> None:
    nodes = [chatgpt_node("a", None, "user", "a", 1), chatgpt_node("b", "a", "assistant", "b", 2)]
    conversation = {**chatgpt_conversation(nodes), "current_node": current}
    assert lines_of(to_export(conversation)) == {"Main": ["a", "b"]}


@pytest.mark.parametrize("mapping", [{}, {"root": {"message": None}}])
def test_conversation_without_messages_has_an_empty_main_branch(mapping: Any) -> None:
    export = validate(to_export({"title": None, "mapping": mapping}))
    assert export["messages"] == []
    assert export["conversation"]["title"] == "Untitled"
    assert [each["title"] for each in export["branches"]] == ["Main"]


@pytest.mark.parametrize("time", [None, "yesterday", -1e20, 1e300, True, [], float("inf")])
def test_invalid_time_is_replaced_by_the_time_of_the_parent(time: Any) -> None:
    nodes = [
        chatgpt_node("a", None, "user", "a", 60),
        chatgpt_node("b", "a", "assistant", "b", time),
    ]
    times = [each["createdAt"] for each in to_export(chatgpt_conversation(nodes))["messages"]]
    assert times == ["1970-01-01T00:01:00.000Z"] * 2


def test_cycle_raises_an_error_with_its_messages() -> None:
    nodes = [
        chatgpt_node("a", "c", "user", "a"),
        chatgpt_node("b", "a", "user", "b"),
        chatgpt_node("c", "b", "user", "c"),
    ]
    with pytest.raises(ImportFileError, match="'a', 'c', 'b' form a cycle"):
        to_export(chatgpt_conversation(nodes))
    with pytest.raises(ImportFileError, match="'a' form a cycle"):
        to_export(chatgpt_conversation([chatgpt_node("a", "a", "user", "a")]))


@pytest.mark.parametrize("node", [None, [], "text", 7])
def test_node_that_is_not_an_object_raises_an_error_with_its_id(node: Any) -> None:
    with pytest.raises(ImportFileError, match=r"mapping\.x: expected an object"):
        to_export({"mapping": {"x": node}})


def test_chain_of_10_000_messages_is_read() -> None:
    nodes = [
        chatgpt_node(str(number), str(number - 1) if number else None, "user", "x", number)
        for number in range(10_000)
    ]
    export = to_export(chatgpt_conversation(nodes))
    assert len(export["messages"]) == 10_000
    assert len(export["branches"]) == 1
