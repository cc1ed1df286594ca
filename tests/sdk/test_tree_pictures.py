"""Pictures of trees: text, Mermaid, Graphviz and SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any, get_args
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatroutes import ChatRoutes
from chatroutes._safe_text import columns
from chatroutes.trees import TreeFormat, TreeView, render
from chatroutes_server import LocalServer
from tests.support.imported_modules import imported_modules
from tests.support.trees import (
    HOSTILE,
    chain,
    conversation_tree,
    hostile_tree,
    large_trees,
    node,
)

FORMATS = get_args(TreeFormat)
LARGE = large_trees()
SVG = "{http://www.w3.org/2000/svg}"


def text_lines(*children: Any, width: int = 80) -> list[str]:
    """Return the lines of the messages in the text of a tree."""
    return render(conversation_tree(*children), width=width).splitlines()[1:]


# What the messages show


def test_text_has_a_line_for_each_message() -> None:
    tree = conversation_tree(
        chain(
            node("Hello,\n  how are you?", branch="Main"),
            node("Fine.", node("And now?"), node("Why?", branch="Fork"), role="assistant"),
        )
    )
    assert render(tree).splitlines() == [
        "Title (4 messages, 2 branches)",
        "[Main] user: Hello, how are you?",
        "assistant: Fine.",
        "├─ user: And now?",
        "└─ [Fork] user: Why?",
    ]


@pytest.mark.parametrize(
    ("siblings", "shown"),
    [
        (["yes", "no"], ["yes", "no"]),
        (["red apples", "red pears"], ["red apples", "red pears"]),
        (["The answer is red", "The answer is blue"], ["… red", "… blue"]),
        (["The answer is", "The answer is blue"], ["… is", "… blue"]),
        (["The answer is redder", "The answer is reduced"], ["… redder", "… reduced"]),
        (["x" * 100 + "a", "x" * 100 + "b"], ["… a", "… b"]),
        (["日本語のメッセージです", "日本語のメッセージだ"], ["… です", "… だ"]),
        (["A long question, 1 a", "A long question, 1 b", "other"], ["… a", "… b", "other"]),
        (["the same question", "the same question"], ["the same question"] * 2),
        (["e\u0301" * 30 + "\u0302", "e\u0301" * 30], ["… e\u0301\u0302", "… e\u0301"]),
        (["", "x"], ["", "x"]),
    ],
)
def test_siblings_show_what_differs(siblings: list[str], shown: list[str]) -> None:
    lines = text_lines(*map(node, siblings))
    assert [re.sub("^.*?user: ?", "", line) for line in lines] == shown


def test_replies_to_the_same_question_show_what_differs() -> None:
    replies = [f"{'The capital of France is ' * 5}{name}" for name in ("Paris", "Lyon")]
    lines = text_lines(*(chain(node("Which?"), node(text, role="assistant")) for text in replies))
    assert [line.partition("assistant: ")[2] for line in lines[1::2]] == ["… Paris", "… Lyon"]


def test_every_format_shows_what_differs() -> None:
    tree = conversation_tree(*(node(f"{'The answer is ' * 20}{name}") for name in ("red", "blue")))
    for format in FORMATS:
        picture = render(tree, format)
        assert "… red" in picture, format
        assert "… blue" in picture, format


def test_inactive_branch_is_marked() -> None:
    merged = node("x", branch="Fork")
    merged["branchInfo"]["isActive"] = False
    assert text_lines(merged) == ["[Fork (inactive)] user: x"]


@pytest.mark.parametrize(
    ("content", "shown"), [(None, ""), ([{"text": "x"}], '[{"text": "x"}]'), (5, "5")]
)
def test_unusual_content_is_shown(content: object, shown: str) -> None:
    assert text_lines(node(content)) == [f"user: {shown}".rstrip()]


def test_unusual_nodes_are_shown() -> None:
    tree: Any = {"tree": {"children": [None, 5, {}, {"children": None, "branchInfo": []}]}}
    assert render(tree) == "Conversation (2 messages)\n├─ message:\n└─ message:\n"
    for format in FORMATS:
        assert render(tree, format)
        assert render({**tree["tree"], "children": []}, format)


def test_node_is_a_tree() -> None:
    tree: Any = node("Question", node("Answer"))
    assert render(tree) == "Question (1 message)\nuser: Answer\n"


def test_tree_of_a_server_is_drawn() -> None:
    with LocalServer() as server, ChatRoutes(server.api_key, server.base_url) as client:
        conversation = client.conversations.create({"title": "A title"})
        sent = client.messages.send(conversation["id"], {"content": "Hello"})
        fork = {"forkPointMessageId": sent["message"]["id"], "title": "A fork"}
        branch = client.branches.fork(conversation["id"], fork)  # type: ignore[arg-type]
        client.branches.send_message(conversation["id"], branch["id"], {"content": "Why?"})
        tree = client.conversations.get_tree(conversation["id"])
    for format in FORMATS:
        assert {"A title", "Hello", "A fork"} <= set(
            re.findall("A title|Hello|A fork", render(tree, format))
        )


def test_long_title_leaves_room_for_the_size() -> None:
    tree = conversation_tree(node("x"), title="long title " * 20)
    [line, _] = render(tree, width=40).splitlines()
    assert line == "long title long title long… (1 message)"


def test_colors_do_not_change_the_text() -> None:
    tree = conversation_tree(
        node("one \x1b[5m", role="user", branch="Main"), node("two", role="assistant")
    )
    colored = render(tree, color=True)
    assert "\x1b[1;35m[Main] \x1b[0m\x1b[36muser: \x1b[0mone ␛[5m" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render(tree)


# Arguments


def test_wrong_arguments_raise_errors() -> None:
    tree: Any = conversation_tree()
    with pytest.raises(ValueError, match="unknown format 'png': expected one of text, mermaid, "):
        render(tree, "png")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="invalid width 39: expected 40 or more"):
        render(tree, width=39)
    with pytest.raises(ValueError, match="invalid width '80': expected 40 or more"):
        render(tree, width="80")  # type: ignore[arg-type]
    for wrong in ({}, {"tree": None}, None, []):
        with pytest.raises(ValueError, match="the tree has no messages: expected the result of"):
            render(wrong)  # type: ignore[arg-type]


def test_formats_are_imported_when_they_are_used() -> None:
    modules = imported_modules("import chatroutes")
    assert not {each for each in modules if each.startswith("chatroutes.trees")}
    modules = imported_modules("import chatroutes.trees")
    assert not modules & {"httpx", "attr", "chatroutes_wire", "chatroutes.trees._html"}


# Large and deep trees


@pytest.mark.parametrize("shape", LARGE)
@pytest.mark.parametrize("format", FORMATS)
def test_large_trees_are_drawn(shape: str, format: TreeFormat) -> None:
    picture = render(LARGE[shape], format)
    assert len(picture) < 10_000_000
    if format == "text":
        assert len(picture.splitlines()) == 10_001
    elif format == "mermaid":
        assert len(re.findall("-->|-.->", picture)) <= 500
        assert len(picture) <= 50_000
    elif format == "dot":
        assert picture.count(" -> ") == 10_000
    elif format == "svg":
        assert len(ElementTree.fromstring(picture).findall(f"{SVG}g")) == 10_000


def test_hidden_levels_of_the_indent_are_counted() -> None:
    lines = text_lines(LARGE["forks"]["tree"]["children"][0], width=40)
    assert max(map(columns, lines)) <= 40
    assert lines[-3] == "…4996       ├─ user: fork 9997"


def test_large_mermaid_chart_counts_what_it_leaves_out() -> None:
    assert '"user: message 0 #40;#43;9999 more#41;"' in render(LARGE["row"], "mermaid")
    assert '("… 9901 more")' in render(LARGE["wide"], "mermaid")


# Hostile content


def is_harmless(character: str) -> bool:
    """Return whether a character does not control a terminal or change the direction of its text."""
    return character in "\n\u200c\u200d\u2068\u2069" or category(character) not in (
        *("Cc", "Cf", "Cs", "Zl", "Zp"),
    )


def is_balanced(line: str) -> bool:
    return line.count("\u2068") == line.count("\u2069")


@pytest.mark.parametrize("format", ["text", "mermaid", "dot", "svg"])
def test_control_characters_are_replaced(format: TreeFormat) -> None:
    picture = render(hostile_tree(), format)
    assert all(map(is_harmless, picture))
    assert "␛" in picture
    picture.encode("utf-8")


texts = st.text(max_size=60) | st.sampled_from(HOSTILE[:-1])


@given(texts, texts, texts, st.integers(40, 100))
def test_lines_fit_the_width(content: str, role: str, title: str, width: int) -> None:
    children = (
        node(content, node(role), role=role, branch=title),
        node(title, branch=content),
    )
    lines = render(conversation_tree(*children, title=title), width=width).split("\n")[:-1]
    assert len(lines) == 4
    for line in lines:
        assert all(map(is_harmless, line))
        assert is_balanced(line)
        assert columns(line) <= width


def test_wide_characters_count_twice() -> None:
    [line] = text_lines(node("日本" * 50), width=40)
    assert line == "user: " + "日本" * 8 + "…"
    [line] = text_lines(node("e\u0301" * 100), width=40)
    assert line == "user: " + "e\u0301" * 33 + "…"


def test_right_to_left_text_is_isolated() -> None:
    [line] = text_lines(node("שלום", role="עוזר", branch="ענף"))
    assert line == "[\u2068ענף\u2069] \u2068עוזר\u2069: \u2068שלום\u2069"


def test_combining_characters_are_limited() -> None:
    [line] = text_lines(node("e" + 500 * "\u0301"))
    assert line == "user: e" + 4 * "\u0301"


def test_svg_is_well_formed_and_has_no_markup_of_messages() -> None:
    image = ElementTree.fromstring(render(hostile_tree(), "svg"))
    names = {element.tag.removeprefix(SVG) for element in image.iter()}
    assert names == {"svg", "title", "style", "path", "g", "rect", "text"}
    assert not any(
        name.startswith("on") or "href" in name for each in image.iter() for name in each.attrib
    )


def test_mermaid_labels_have_no_syntax() -> None:
    for line in render(hostile_tree(), "mermaid").splitlines()[1:]:
        assert re.fullmatch(
            r'  m\d+(\["[^"<>&`\\\[\]{}*]*"\]|\("[^"<>&`\\]*"\)| --> m\d+)', line
        ), line


def test_dot_labels_are_quoted() -> None:
    string = r'"(?:[^"\\&]|\\[\\"n]|&amp;)*"'
    pattern = rf'  m\d+ (-> m\d+|\[label={string}(, style="rounded,bold"|, shape=plaintext)?\]);'
    for line in render(hostile_tree(), "dot").splitlines()[2:-1]:
        assert re.fullmatch(pattern, line), line


# Notebooks


def test_view_is_shown_by_print_and_notebooks() -> None:
    tree = conversation_tree(node("Hello", branch="Main"))
    view = TreeView(tree)

    assert repr(view) == "<TreeView: Title (1 message, 1 branch)>"
    assert str(view) == view.render() == render(tree)
    assert view.render("svg") == render(tree, "svg")
    bundle = view._repr_mimebundle_()
    assert bundle == {"text/plain": str(view), "text/html": view._repr_html_()}
    assert re.fullmatch(
        r'<iframe sandbox="allow-scripts" title="[^"]*" srcdoc="[^"]*" style="[^"]*"></iframe>',
        bundle["text/html"],
    )
    with pytest.raises(ValueError, match="the tree has no messages"):
        TreeView({})  # type: ignore[arg-type]
