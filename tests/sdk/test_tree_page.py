"""The HTML page of a tree, in a headless Chromium."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest

from chatroutes import ConversationTree
from chatroutes.trees import TreeView, render
from tests.support.chromium import Chromium
from tests.support.trees import (
    HOSTILE,
    chain,
    conversation_tree,
    hostile_tree,
    large_trees,
    node,
)

pytestmark = pytest.mark.check

TREE = conversation_tree(
    chain(
        node("Hello", branch="Main"),
        node(
            "What now?",
            chain(node("A story"), node("A fox ran", role="assistant"), node("Thanks")),
            chain(node("A story", branch="Fork"), node("A fox slept", role="assistant")),
            role="assistant",
        ),
    )
)


class Page:
    """The page of a tree in the browser."""

    def __init__(self, browser: Chromium, folder: Path) -> None:
        self.browser = browser
        self._path = folder / "tree.html"

    def open(self, tree: ConversationTree) -> None:
        self.open_html(render(tree, "html"))

    def open_html(self, html: str) -> None:
        self._path.write_text(html, encoding="utf-8")
        self.browser.open(self._path)
        assert self.browser.requests == [self._path.as_uri()]
        assert self.browser.messages == []

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})]"
        found: list[str] = self.browser.evaluate(f"{find}.map((each) => each.textContent)")
        return found

    def rows(self) -> list[str]:
        """Return the previews of the messages."""
        return self.texts(".row .preview")

    def selected(self) -> str:
        [preview] = self.texts(".row.selected .preview")
        return preview

    def press(self, *keys: str) -> None:
        self.browser.press(*keys)
        assert self.browser.messages == []


@pytest.fixture
def page(browser: Chromium, tmp_path: Path) -> Page:
    return Page(browser, tmp_path)


def test_page_shows_the_messages(page: Page) -> None:
    page.open(TREE)
    story = ["A story", "A fox ran", "Thanks", "A story", "A fox slept"]
    assert page.rows() == ["Title", "Hello", "What now?", *story]
    assert page.texts(".row .branch") == ["Main", "Fork"]
    assert page.texts("h1, title") == ["Title (7 messages, 2 branches)"] * 2
    assert page.texts(".content") == ["Hello"]


def test_arrow_keys_walk_and_fold(page: Page) -> None:
    page.open(TREE)
    page.press("ArrowDown")
    assert page.selected() == "What now?"
    page.press("ArrowLeft")
    assert page.rows() == ["Title", "Hello", "What now?"]
    assert page.texts(".hidden") == ["(+5)"]
    page.press("ArrowLeft")
    assert page.selected() == "Hello"
    page.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert page.selected() == "A story"
    assert len(page.rows()) == 8
    page.press("End", "ArrowUp", "Home")
    assert page.selected() == "Title"
    page.press("ArrowUp", "PageDown")
    assert page.selected() == "A fox slept"


def test_click_selects_and_folds(page: Page) -> None:
    page.open(TREE)
    click = "document.querySelector('#m2 .%s').click()"
    page.browser.evaluate(click % "preview")
    assert page.selected() == "What now?"
    page.browser.evaluate(click % "toggle")
    assert len(page.rows()) == 3


def test_brackets_select_the_other_branch(page: Page) -> None:
    page.open(TREE)
    page.press("]")
    assert page.selected() == "Hello"
    page.press("End", "[")
    assert page.texts(".row.selected .branch") == []
    page.press("]")
    assert page.texts(".row.selected .branch") == ["Fork"]
    assert page.texts("#detail .head span") == ["2 of 2"]


def test_fold_all_shows_where_branches_start(page: Page) -> None:
    page.open(TREE)
    page.press("End", "-")
    assert page.rows() == ["Title", "Hello", "What now?", "A story", "A story"]
    assert page.texts(".row.selected .branch") == ["Fork"]
    page.press("+")
    assert len(page.rows()) == 8


def test_search_finds_messages_that_are_folded(page: Page) -> None:
    page.open(TREE)
    page.press("Home", " ", "/", *"FOX")
    assert page.selected() == "A fox ran"
    assert page.texts("#matches") == ["1 of 2"]
    assert page.texts(".row.match .preview") == ["A fox ran", "A fox slept"]
    page.press("Enter")
    assert page.selected() == "A fox slept"
    page.press("Enter")
    assert page.selected() == "A fox ran"
    page.press("Escape")
    assert page.texts(".row.match, #matches") == [""]
    page.press("ArrowDown")
    assert page.selected() == "Thanks"


@pytest.mark.parametrize("text", ["a-b", "(", "[a", "\\d", "x*", "{1}", "a/b", "^$|?+."])
def test_search_is_for_plain_text(page: Page, text: str) -> None:
    page.open(conversation_tree(node("aaab1x"), node(f"— {text} —")))
    page.press("/", *text)
    assert page.texts(".row.match .preview") == [f"— {text} —"]


def test_two_branches_are_compared(page: Page) -> None:
    page.open(TREE)
    page.press("End", "c", "Home", "/", *"ran", "Escape", "c")
    assert page.texts("#detail strong") == ["Two branches after 2 shared messages"]
    assert page.texts(".columns .content") == ["A story", "A story", "A fox slept", "A fox ran"]
    assert page.texts(".columns .same .content") == ["A story", "A story"]
    assert page.texts(".columns mark") == ["slept", "ran"]
    page.press("Escape")
    assert page.texts(".columns") == []
    assert page.texts("#detail .content") == ["A fox ran"]


@pytest.mark.parametrize(
    ("texts", "marks"),
    [
        (("red apple", "green apple"), ["red", "green"]),
        (("reduce", "reducer"), ["reduce", "reducer"]),
        (("same", "same and more"), [" and more"]),
        (("😀 x", "😁 x"), ["😀", "😁"]),
        (("", "x"), ["x"]),
    ],
)
def test_comparison_marks_words_that_differ(
    page: Page, texts: tuple[str, str], marks: list[str]
) -> None:
    page.open(conversation_tree(*map(node, texts)))
    page.press("c", "]", "c")
    assert page.texts("mark") == marks
    assert page.texts(".columns .content") == [*texts]


def test_hostile_content_is_text(page: Page) -> None:
    page.open(hostile_tree())
    assert len(page.rows()) == 2 * len(HOSTILE) + 1
    encodable = [text.encode("utf-16", "replace").decode("utf-16") for text in HOSTILE]
    page.press("ArrowUp")
    for text in encodable:
        page.press("ArrowDown")
        [content] = page.browser.evaluate("[document.querySelector('.content').textContent]")
        assert content.encode("utf-16", "replace").decode("utf-16") == text[:50_000]
    page.press("c", "Home", "ArrowDown", "c", "/", *"script", "Enter")
    unexpected = "script, style, a, img, svg, iframe, [href], [src], [onerror], [onload]"
    assert len(page.texts(unexpected)) == 3  # the style sheet, the data and the script
    assert page.browser.requests == [page._path.as_uri()]


def test_long_message_is_shown_in_parts(page: Page) -> None:
    page.open(conversation_tree(node("x" * 1_000_000)))
    assert page.texts(".content") == ["x" * 50_000]
    assert page.texts("#detail button") == ["Show more (950,000 characters left)"]
    page.browser.evaluate("document.querySelector('#detail button').click()")
    assert page.texts(".content") == ["x" * 50_000] * 2
    for _ in range(18):
        page.browser.evaluate("document.querySelector('#detail button').click()")
    assert page.texts(".content") == ["x" * 50_000] * 20
    assert page.texts("#detail button:not([hidden])") == []


def test_comparison_marks_differences_in_every_part(page: Page) -> None:
    texts = ["x" * 49_999 + letter * 4 for letter in "ab"]
    page.open(conversation_tree(*(node(f"{text} end") for text in texts)))
    page.press("c", "]", "c")
    for _ in texts:
        page.browser.evaluate("document.querySelector('.columns button:not([hidden])').click()")
    assert "".join(page.texts(".columns .content")) == "".join(f"{text} end" for text in texts)
    assert "".join(page.texts("mark")) == "".join(texts)


@pytest.mark.parametrize(("shape", "tree"), large_trees().items())
def test_large_trees_are_walked(page: Page, shape: str, tree: ConversationTree) -> None:
    page.open(tree)
    assert len(page.rows()) < 100
    page.press("End")
    last = page.selected()
    assert last.endswith("9999")
    page.press("/", *"9998", "Escape")
    assert "9998" in page.texts("#detail .content")[0]
    page.press("-", "End", "+", "End")
    assert page.selected() == last


def test_policy_refuses_other_scripts(page: Page) -> None:
    html = render(TREE, "html").replace("</body>", "<script>document.title = 'x'</script></body>")
    with pytest.raises(AssertionError):
        page.open_html(html)
    assert "Content Security Policy" in page.browser.messages[0]
    assert page.texts("title") == ["Title (7 messages, 2 branches)"]


@pytest.mark.parametrize(("theme", "bright"), [("light", True), ("dark", False)])
def test_page_has_the_theme_of_the_system(page: Page, theme: str, bright: bool) -> None:
    page.browser.use_theme(theme)
    page.open(TREE)
    color = page.browser.evaluate("getComputedStyle(document.body).backgroundColor")
    levels = [int(level) for level in color.removeprefix("rgb(").rstrip(")").split(",")]
    assert (min(levels) > 200) == bright
    assert (max(levels) < 50) != bright


def test_view_in_a_notebook_is_a_frame(page: Page) -> None:
    frame = TreeView(hostile_tree())._repr_html_()
    page.open_html(f"<!doctype html><title>Notebook</title><script>var secret = 1</script>{frame}")
    assert page.texts("iframe, title") == ["Notebook", ""]
    source = page.browser.evaluate("document.querySelector('iframe').srcdoc")
    assert source == unescape(frame.partition('srcdoc="')[2].partition('"')[0])
    blocked = "document.querySelector('iframe').contentDocument === null"
    assert page.browser.evaluate(blocked) is True
    assert page.browser.evaluate("document.activeElement === document.body") is True
