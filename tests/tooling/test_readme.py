"""The table of errors in the README matches the package."""

from __future__ import annotations

import re
import typing

import chatroutes
from chatroutes import errors
from tests.support.documents import read_document


def test_table_of_errors_matches_the_module() -> None:
    text = read_document("README.md")
    listed = re.findall(r"^\| `(\w+Error)` \|", text, re.MULTILINE)
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ChatRoutesError)
    ]
    assert listed == [name for name in defined if name != "ChatRoutesError"]
    assert set(defined) <= set(chatroutes.__all__)
    for name, base in re.findall(r"^\| `(\w+Error)` \| a `(\w+Error)`", text, re.MULTILINE):
        assert issubclass(getattr(errors, name), getattr(errors, base))
    [paragraph] = re.findall(r"^`message` .*?\n\n", text, re.MULTILINE | re.DOTALL)
    attributes = set(re.findall(r"`(\w+)`", paragraph))
    assert attributes <= set(vars(errors.ChatRoutesError("x")))


def test_types_of_the_first_release_are_typed_dicts() -> None:
    names = [
        *("Conversation", "Message", "Branch", "CreateConversationRequest", "SendMessageRequest"),
        *("SendMessageResponse", "CreateBranchRequest", "ForkConversationRequest"),
        *("ConversationTree", "TreeNode", "ListConversationsParams", "PaginatedResponse"),
        "StreamChunk",
    ]
    for name in names:
        assert typing.is_typeddict(getattr(chatroutes, name)), name
