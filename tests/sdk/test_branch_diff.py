"""`chatroutes.trees.diff`: the common messages of two branches, and those of each."""

from __future__ import annotations

from typing import Any, cast

import pytest

from chatroutes.trees import BranchDiff, diff
from chatroutes.types import Message
from tests.support.markers import single_python

pytestmark = single_python


def messages(*texts: str) -> list[Message]:
    """Return messages whose id and content are the same text, alternately of a user and a model."""
    made: list[dict[str, Any]] = [
        {"id": text, "role": ("user", "assistant")[index % 2], "content": text}
        for index, text in enumerate(texts)
    ]
    return cast("list[Message]", made)


@pytest.mark.parametrize(
    ("left", "right", "common"),
    [
        ("abcd", "abxy", "ab"),
        ("ab", "abcd", "ab"),
        ("abcd", "ab", "ab"),
        ("ab", "ab", "ab"),
        ("ab", "xy", ""),
        ("", "ab", ""),
        ("", "", ""),
        ("abcb", "axcb", "a"),
    ],
)
def test_branches_are_split_after_their_common_messages(left: str, right: str, common: str) -> None:
    result = diff(iter(messages(*left)), messages(*right))

    assert "".join(each["id"] for each in result.common) == common
    assert "".join(each["id"] for each in result.left) == left[len(common) :]
    assert "".join(each["id"] for each in result.right) == right[len(common) :]
    assert (result.fork_point and result.fork_point["id"]) == (common[-1:] or None)


@pytest.mark.parametrize("other", ["conv_1", None, ["msg_1"], {"data": []}])
def test_other_arguments_are_errors(other: Any) -> None:
    with pytest.raises(ValueError, match="right must be a list of messages"):
        diff(messages("a"), other)


def test_unified_diff_shows_the_lines_that_differ() -> None:
    left = messages("Hi", "Hello", "Where?", "To Lisbon.\nIt is warm.\nGo in May.")
    right = messages("Hi", "Hello", "Where?!", "To Kyoto.\nIt is warm.\rGo in May.")
    result = diff(left, right)

    assert list(result.unified("Main", "Other", context=0)) == [
        "--- Main",
        "+++ Other",
        "@@ -1,4 +1,3 @@",
        "-user: Where?",
        "-assistant: To Lisbon.",
        "-It is warm.",
        "-Go in May.",
        "+user: Where?!",
        "+assistant: To Kyoto.",
        "+It is warm.\rGo in May.",
    ]


def test_equal_branches_have_no_unified_diff() -> None:
    assert list(diff(messages("a", "b"), messages("a", "b")).unified()) == []
    copies = [{**each, "id": f"copy of {each['id']}"} for each in messages("a", "b")]
    copied = diff(messages("a", "b"), cast("list[Message]", copies))
    assert copied == BranchDiff([], messages("a", "b"), cast("list[Message]", copies))
    assert list(copied.unified()) == []
